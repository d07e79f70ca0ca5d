// The table panel: sorted by its headings, with coloured cells and gauges in cells.
import { useState } from "preact/hooks";
import { readable, textOn, withAlpha } from "../colors";
import { scaleEnds, show } from "../fields";
import { asArray, type Field, type Frame, isRecord, rowCount } from "../model";
import { reduce } from "../reducers";

const MAX_ROWS = 500;
interface Props { title: string; frames: Frame[]; options: Record<string, unknown>; zone: string }

export const titleOf = (field: Field) => field.config.displayName ?? field.name;
const isRight = ({ type, config }: Field) => ((config.custom?.["align"] ?? "auto") === "auto" ? type === "number" : config.custom!["align"] === "right");

/** How a cell shows its value; dashboards of some years ago name it as the display mode of the column. */
const cellType = (custom: Record<string, unknown> | undefined): string => {
  const options = custom?.["cellOptions"];
  return String((isRecord(options) ? options["type"] : custom?.["displayMode"]) ?? "auto");
};

function compareValues(a: unknown, b: unknown): number {
  if (a === b) return 0;
  if (a === null || a === undefined || Number.isNaN(a)) return -1;
  if (b === null || b === undefined || Number.isNaN(b)) return 1;
  return typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en", { numeric: true });
}

function Cell({ field, at, ends, zone }: { field: Field; at: number; ends: [number, number]; zone: string }) {
  const value = field.values[at];
  const shown = show(value, field, zone, 0, ends);
  const type = cellType(field.config.custom);
  const style = type.startsWith("color-background") ? { background: shown.color, color: textOn(shown.color) } : type === "color-text" ? { color: readable(shown.color) } : {};
  const text = type.startsWith("json") && typeof value === "object" ? JSON.stringify(value) : shown.text;
  return (
    <td class={isRight(field) ? "number" : ""} style={style}>
      {/gauge|lcd|basic/.test(type) && typeof value === "number" && <span class="cell-gauge" aria-hidden="true"><span style={{ width: `${shown.part * 100}%`, background: withAlpha(shown.color, 0.8) }} /></span>}
      {text}
    </td>
  );
}

export function Table({ title, frames, options, zone }: Props) {
  const [which, setWhich] = useState(0);
  const frame = frames[Math.min(which, frames.length - 1)]!;
  const fields = frame.fields.filter(({ config }) => !config.custom?.["hidden"]);
  const [initial] = asArray(options["sortBy"] as { displayName?: string; column?: number; desc?: boolean }[]);
  const preset = initial ? (initial.displayName ?? (typeof initial.column === "number" && fields[initial.column] ? titleOf(fields[initial.column]!) : undefined)) : undefined;
  const [sort, setSort] = useState<{ name: string; desc: boolean } | undefined>(preset ? { name: preset, desc: Boolean(initial?.desc) } : undefined);
  const sorted = fields.find((field) => titleOf(field) === sort?.name);
  const rows = Array.from({ length: rowCount(frame) }, (_, row) => row);
  if (sorted) rows.sort((a, b) => compareValues(sorted.values[a], sorted.values[b]) * (sort?.desc ? -1 : 1));
  const footer = isRecord(options["footer"]) && options["footer"]["show"] ? asArray(options["footer"]["reducer"] as string[])[0] ?? "sum" : undefined;
  const ends = fields.map((field) => scaleEnds([field]));
  const sortState = (field: Field) => (sort?.name === titleOf(field) ? (sort.desc ? "descending" : "ascending") : "none");
  return (
    <div class="table-panel">
      {frames.length > 1 && (
        <label class="frame-choice">Series <select value={which} onChange={(event) => setWhich(Number(event.currentTarget.value))}>
          {frames.map((one, at) => <option value={at}>{one.fields.filter(({ type }) => type === "number").map(titleOf).join(", ") || one.refId}</option>)}
        </select></label>
      )}
      <div class="scroll" tabIndex={0} role="group" aria-label={`Table ${title}`}>
        <table>
          {options["showHeader"] !== false && (
            <thead><tr>{fields.map((field) => (
              <th scope="col" class={isRight(field) ? "number" : ""} aria-sort={sortState(field)}>
                <button type="button" onClick={() => setSort((before) => ({ name: titleOf(field), desc: before?.name === titleOf(field) && !before.desc }))}>
                  {titleOf(field)}<span aria-hidden="true">{{ none: "", ascending: " ↑", descending: " ↓" }[sortState(field)]}</span>
                </button>
              </th>
            ))}</tr></thead>
          )}
          <tbody>{rows.slice(0, MAX_ROWS).map((row) => <tr>{fields.map((field, at) => <Cell field={field} at={row} ends={ends[at]!} zone={zone} />)}</tr>)}</tbody>
          {footer && <tfoot><tr>{fields.map((field) => <td class={isRight(field) ? "number" : ""}>{field.type === "number" ? show(reduce(field.values, footer), field, zone).text : ""}</td>)}</tr></tfoot>}
        </table>
      </div>
      {rows.length > MAX_ROWS && <p class="note">The first {MAX_ROWS} of {rows.length} rows are shown.</p>}
    </div>
  );
}
