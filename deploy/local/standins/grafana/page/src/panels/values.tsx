// The panels that show one value of each series: stat, gauge and bar gauge.
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { cssColor, mix, readable, textOn, withAlpha } from "../colors";
import { scaleEnds, show, type Shown, toRegExp } from "../fields";
import { asArray, type Field, type Frame, isRecord, rowCount } from "../model";
import { reduce } from "../reducers";

export interface Reading { name: string; shown: Shown; field: Field; history: unknown[]; ends: [number, number] }
interface Props { frames: Frame[]; options: Record<string, unknown>; zone: string }

/** The value of each series that a panel shows: reduced, or each row where its options say so. */
export function readValues({ frames, options, zone }: Props): Reading[] {
  const { calcs, values, fields, limit } = (isRecord(options["reduceOptions"]) ? options["reduceOptions"] : {}) as { calcs?: string[]; values?: boolean; fields?: string; limit?: number };
  const wanted = fields ? toRegExp(fields) : undefined;
  const nameOf = (field: Field) => field.config.displayName ?? field.name;
  const chosen = frames.flatMap((frame) => frame.fields.filter((field) => (wanted ? wanted.test(nameOf(field)) || fields === nameOf(field) : field.type === "number")).map((field) => ({ field, frame })));
  const ends = scaleEnds(chosen.map(({ field }) => field));
  let count = 0;
  return chosen.flatMap(({ field, frame }) => {
    if (!values) {
      const value = reduce(field.values, asArray(calcs)[0] ?? "lastNotNull");
      return [{ name: nameOf(field), shown: show(value, field, zone, count++, ends), field, history: field.values, ends }];
    }
    const label = frame.fields.find(({ type }) => type === "string");
    return Array.from({ length: Math.min(rowCount(frame), limit ?? 25) }, (_, row) => ({ name: label ? String(label.values[row]) : nameOf(field), shown: show(field.values[row], field, zone, count++, ends), field, history: [], ends }));
  });
}

/** Many values may not fit, so that keys have to reach what scrolls. */
const scrolls = (readings: Reading[]) => (readings.length > 3 ? { tabIndex: 0 } : {});

function Sparkline({ history, color }: { history: unknown[]; color: string }) {
  const numbers = history.map((value) => (typeof value === "number" && Number.isFinite(value) ? value : undefined));
  const [low, high] = [Number(reduce(numbers, "min") ?? 0), Number(reduce(numbers, "max") ?? 1)];
  const points = numbers.flatMap((value, at) => (value === undefined ? [] : [`${((at / Math.max(1, numbers.length - 1)) * 100).toFixed(2)},${(38 - ((value - low) / (high - low || 1)) * 34).toFixed(2)}`]));
  if (points.length < 2) return null;
  return (
    <svg class="sparkline" viewBox="0 0 100 40" preserveAspectRatio="none" aria-hidden="true">
      <polygon points={`0,40 ${points.join(" ")} 100,40`} fill={withAlpha(color, 0.2)} />
      <polyline points={points.join(" ")} fill="none" stroke={color} stroke-width="1.5" vector-effect="non-scaling-stroke" />
    </svg>
  );
}

export function Stat({ frames, options, zone }: Props) {
  const readings = readValues({ frames, options, zone });
  const colorMode = String(options["colorMode"] ?? "value");
  const textMode = String(options["textMode"] ?? "auto");
  const isNamed = textMode === "value_and_name" || textMode === "name" || (textMode === "auto" && readings.length > 1);
  return (
    <dl class={`stats ${options["orientation"] === "horizontal" ? "in-rows" : ""}`} {...scrolls(readings)}>
      {readings.map(({ name, shown, field, history }) => {
        const isFilled = colorMode.startsWith("background");
        const style = isFilled ? { background: shown.color, color: textOn(shown.color) } : colorMode === "value" ? { color: readable(shown.color) } : {};
        return (
          <div class={`stat ${textMode === "name" ? "named" : ""}`} style={style}>
            <dt class={isNamed ? "" : "for-readers"}>{name}</dt>
            {textMode !== "name" && textMode !== "none" && <dd class="big">{shown.text || field.config.noValue || "No data"}</dd>}
            {(options["graphMode"] ?? "area") === "area" && <Sparkline history={history} color={isFilled ? textOn(shown.color) : shown.color} />}
          </div>
        );
      })}
    </dl>
  );
}

/** A piece of the gauge's ring; 0 is its lower left end, 1 the lower right. */
function arc(from: number, to: number, radius: number): string {
  const point = (part: number) => { const angle = Math.PI * (0.9 + 1.2 * part); return `${(100 + radius * Math.cos(angle)).toFixed(2)} ${(95 + radius * Math.sin(angle)).toFixed(2)}`; };
  return `M ${point(from)} A ${radius} ${radius} 0 ${(to - from) * 1.2 > 1 ? 1 : 0} 1 ${point(to)}`;
}

function ring({ field, ends }: Reading): { from: number; to: number; color: string }[] {
  const { mode, steps = [] } = field.config.thresholds ?? {};
  const part = (value: number | null | undefined) => (value === null || value === undefined ? 0 : Math.min(1, Math.max(0, mode === "percentage" ? value / 100 : (value - ends[0]) / (ends[1] - ends[0] || 1))));
  return steps.map((step, at) => ({ from: part(step.value), to: at + 1 < steps.length ? part(steps[at + 1]!.value) : 1, color: cssColor(step.color) })).filter(({ from, to }) => to > from);
}

export function Gauge({ frames, options, zone }: Props) {
  const readings = readValues({ frames, options, zone });
  return (
    <dl class="gauges" {...scrolls(readings)}>
      {readings.map((reading, _, all) => (
        <div class="gauge">
          <dd>
            <svg viewBox="0 0 200 150" role="img" aria-label={`${reading.name}: ${reading.shown.text || "No data"}`}>
              <path d={arc(0, 1, 80)} class="gauge-track" />
              {reading.shown.part > 0 && <path d={arc(0, reading.shown.part, 80)} stroke={reading.shown.color} class="gauge-value" />}
              {options["showThresholdMarkers"] !== false && ring(reading).map(({ from, to, color }) => <path d={arc(from, to, 94)} stroke={color} class="gauge-marker" />)}
              <text x="100" y="108" text-anchor="middle" class="gauge-text" fill={readable(reading.shown.color)}>{reading.shown.text || "No data"}</text>
            </svg>
          </dd>
          <dt class={all.length > 1 ? "" : "for-readers"}>{reading.name}</dt>
        </div>
      ))}
    </dl>
  );
}

export function BarGauge({ frames, options, zone }: Props) {
  const place = useRef<HTMLDListElement>(null);
  const [isUpright, setUpright] = useState(options["orientation"] === "vertical");
  useLayoutEffect(() => {
    const { clientWidth, clientHeight } = place.current!;
    setUpright(options["orientation"] === "vertical" || ((options["orientation"] ?? "auto") === "auto" && clientWidth > clientHeight * 1.2));
  }, [options["orientation"]]);
  const mode = String(options["displayMode"] ?? "gradient");
  const readings = readValues({ frames, options, zone });
  return (
    <dl ref={place} class={`bars ${isUpright ? "upright" : ""} ${mode}`} {...scrolls(readings)}>
      {readings.map(({ name, shown }) => (
        <div class="bar">
          <dt class={options["namePlacement"] === "hidden" ? "for-readers" : ""}>{name}</dt>
          <dd>
            <span class={`bar-track ${options["showUnfilled"] === false ? "bare" : ""}`}>
              <span class="bar-fill" style={{ "--part": `${shown.part * 100}%`, "--bar": shown.color, "--bar-start": mode === "gradient" ? mix(shown.color, "#000000", 0.35) : shown.color }} />
            </span>
            <span class="bar-text" style={{ color: options["valueMode"] === "text" ? "inherit" : readable(shown.color) }}>{options["valueMode"] === "hidden" ? "" : shown.text || "No data"}</span>
          </dd>
        </div>
      ))}
    </dl>
  );
}
