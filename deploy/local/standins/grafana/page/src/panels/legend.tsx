// The legend of a graph: a list or a table with calculations, whose names switch their series off and on.
import { show } from "../fields";
import { type Field } from "../model";
import { reduce, reducerName } from "../reducers";

export interface Entry { name: string; color: string; field: Field; isHidden: boolean; toggle: () => void }
export interface LegendOptions { displayMode?: string; showLegend?: boolean; placement?: string; calcs?: string[] }

function Name({ entry: { name, color, isHidden, toggle } }: { entry: Entry }) {
  return (
    <button type="button" class="legend-name" aria-pressed={!isHidden} onClick={toggle}>
      <span class="swatch" style={{ background: color }} />
      {name}
    </button>
  );
}

export function Legend({ entries, options, zone }: { entries: Entry[]; options: LegendOptions; zone: string }) {
  const calcs = options.calcs ?? [];
  const calculated = (field: Field, id: string) => show(reduce(field.values, id), field, zone).text;
  if (options.displayMode === "table" || options.placement === "right") {
    return (
      <div class="legend table" tabIndex={0} role="group" aria-label="Legend">
        <table>
          <thead><tr><th scope="col">Name</th>{calcs.map((id) => <th scope="col" class="number">{reducerName(id)}</th>)}</tr></thead>
          <tbody>
            {entries.map((entry) => (
              <tr><th scope="row"><Name entry={entry} /></th>{calcs.map((id) => <td class="number">{calculated(entry.field, id)}</td>)}</tr>
            ))}
          </tbody>
        </table>
      </div>
    );
  }
  return (
    <ul class="legend list" tabIndex={0} aria-label="Legend">
      {entries.map((entry) => (
        <li><Name entry={entry} />{calcs.map((id) => <span class="calc"> {reducerName(id)}: {calculated(entry.field, id)}</span>)}</li>
      ))}
    </ul>
  );
}
