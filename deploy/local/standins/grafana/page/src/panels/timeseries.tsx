// The time series panel, drawn by uPlot.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import { cssColor, isDark, withAlpha } from "../colors";
import { scaleEnds, seriesColor, show } from "../fields";
import { alignSeries } from "../frames";
import { type Field, type Frame, isRecord } from "../model";
import { reduce } from "../reducers";
import { type Bounds, formatTime } from "../time";
import { type Entry, Legend, type LegendOptions } from "./legend";

interface Props { title: string; frames: Frame[]; options: Record<string, unknown>; bounds: Bounds; zone: string; sync: number; onZoom: (bounds: Bounds) => void }
interface Line { field: Field; color: string; custom: Record<string, unknown>; raw: (number | null | undefined)[]; drawn: (number | null | undefined)[]; scale: string; group?: string }

const numberOr = (value: unknown, standard: number) => (typeof value === "number" ? value : standard);
const hidden = (custom: Record<string, unknown>, where: string) => isRecord(custom["hideFrom"]) && Boolean(custom["hideFrom"][where]);

/** Nulls that last less than `spanNulls` milliseconds are joined, so they become mere lacks. */
function joinShortGaps(values: Line["raw"], times: number[], span: unknown): Line["raw"] {
  if (typeof span !== "number") return values;
  let last = -Infinity;
  return values.map((value, at) => {
    if (typeof value === "number") last = times[at]!;
    return value === null && times[at]! - last < span ? undefined : value;
  });
}

function toLines(frames: Frame[]): { times: number[]; lines: Line[] } {
  const { times, series } = alignSeries(frames);
  const lines = series.map(({ field, values }, at): Line => {
    const custom = field.config.custom ?? {};
    const raw = joinShortGaps(values, times, custom["spanNulls"]);
    const drawn = custom["transform"] === "negative-Y" ? raw.map((value) => (typeof value === "number" ? -value : value)) : raw;
    const stacking = isRecord(custom["stacking"]) ? custom["stacking"] : {};
    const side = custom["axisPlacement"] === "right" ? "right" : "left";
    const mode = stacking["mode"];
    const group = mode === "normal" || mode === "percent" ? `${mode}:${stacking["group"] ?? "A"}:${custom["drawStyle"] ?? "line"}` : undefined;
    return { field, color: seriesColor(field, at), custom, raw, drawn, scale: `${side}:${field.config.unit ?? ""}`, ...(group && { group }) };
  });
  return { times, lines: lines.filter(({ custom }) => !hidden(custom, "viz")) };
}

/** Stacked series carry the sum of those below them; in percent, their share of the whole. */
function stack(lines: Line[], isShown: (line: Line) => boolean): Map<Line, Line["raw"]> {
  const drawn = new Map(lines.map((line) => [line, line.drawn]));
  for (const group of new Set(lines.flatMap((line) => line.group ?? []))) {
    const members = lines.filter((line) => line.group === group && isShown(line));
    const length = members[0]?.drawn.length ?? 0;
    for (const sign of [1, -1]) {
      const sums = new Array<number>(length).fill(0);
      const side = members.filter((line) => (line.drawn.some((value) => (value ?? 0) < 0) ? -1 : 1) === sign);
      const totals = sums.map((_, at) => side.reduce((sum, line) => sum + Math.abs(line.drawn[at] ?? 0), 0));
      for (const line of side) {
        drawn.set(line, line.drawn.map((value, at) => {
          sums[at]! += group.startsWith("percent") ? (value ?? 0) / (totals[at] || 1) : (value ?? 0);
          return sums[at]!;
        }));
      }
    }
  }
  return drawn;
}

/** As few decimals as write every mark of an axis exactly. */
function axisTexts(splits: number[], field: Field, zone: string): string[] {
  const texts = (decimals: number | null | undefined) => splits.map((value) => show(value, { ...field, config: { ...field.config, mappings: [], ...(decimals !== undefined && { decimals }) } }, zone, 0, [0, 1]).text);
  if (typeof field.config.decimals === "number") return texts(undefined);
  const exact = texts(6).map(parseFloat);
  return [0, 1, 2, 3, 4].map(texts).find((all) => all.every((text, at) => parseFloat(text) === exact[at])) ?? texts(null);
}

function pathsOf(custom: Record<string, unknown>): uPlot.Series.PathBuilder {
  const { linear, spline, stepped, bars } = uPlot.paths;
  if (custom["drawStyle"] === "bars") return bars!({ size: [numberOr(custom["barWidthFactor"], 0.6), 100] });
  if (custom["drawStyle"] === "points") return () => null;
  if (custom["lineInterpolation"] === "smooth") return spline!();
  if (custom["lineInterpolation"] === "stepBefore") return stepped!({ align: -1 });
  if (custom["lineInterpolation"] === "stepAfter") return stepped!({ align: 1 });
  return linear!();
}

function toSeries({ custom, color, scale, group, field }: Line, isShown: boolean, alone: boolean): uPlot.Series {
  const style = isRecord(custom["lineStyle"]) ? custom["lineStyle"] : {};
  const opacity = numberOr(custom["fillOpacity"], 0) / 100;
  const dash = style["fill"] === "dash" ? ((style["dash"] as number[] | undefined) ?? [10, 10]) : style["fill"] === "dot" ? [0, 4] : undefined;
  const fill = withAlpha(color, group && opacity > 0.5 ? 0.9 : opacity || 0.6);
  const points = custom["drawStyle"] === "points" || custom["showPoints"] === "always";
  return {
    label: field.config.displayName ?? field.name, show: isShown, scale, stroke: color, width: custom["drawStyle"] === "points" ? 0 : numberOr(custom["lineWidth"], 1),
    paths: pathsOf(custom), spanGaps: custom["spanNulls"] === true, ...(dash && { dash }),
    ...((opacity > 0 || custom["drawStyle"] === "bars") && { fill }),
    // A single sample would not be seen without its point.
    points: { show: points || alone, size: numberOr(custom["pointSize"], 5), fill: color },
  };
}

/** Between each stacked area and the one below it, where both are shown. */
function toBands(order: (Line | undefined)[]): uPlot.Band[] {
  return order.flatMap((line, at) => (line?.group && order[at + 1]?.group === line.group && line.custom["drawStyle"] !== "bars" ? [{ series: [at + 1, at + 2] as uPlot.Band.Bounds }] : []));
}

function scaleOf(lines: Line[]): uPlot.Scale {
  const configs = lines.map(({ field }) => field.config);
  const customs = lines.map(({ custom }) => custom);
  const pick = (values: unknown[], choose: (...all: number[]) => number) => { const all = values.filter((value) => typeof value === "number"); return all.length > 0 ? choose(...all) : undefined; };
  const [min, max] = [pick(configs.map((one) => one.min), Math.min), pick(configs.map((one) => one.max), Math.max)];
  const [softMin, softMax] = [pick(customs.map((one) => one["axisSoftMin"]), Math.min), pick(customs.map((one) => one["axisSoftMax"]), Math.max)];
  const distribution = customs.map((one) => one["scaleDistribution"]).find(isRecord);
  const isPercent = lines.some(({ group }) => group?.startsWith("percent"));
  if (distribution?.["type"] === "log") return { distr: 3, log: distribution["log"] === 2 ? 2 : 10 };
  if (distribution?.["type"] === "symlog") return { distr: 4 };
  return {
    range: (_plot, low, high) => {
      const [bottom, top] = [Math.min(low ?? 0, softMin ?? Infinity), Math.max(high ?? 1, softMax ?? -Infinity)];
      const [from, to] = uPlot.rangeNum(bottom, top === bottom ? bottom + (bottom === 0 ? 1 : Math.abs(bottom) * 0.1) : top, 0.1, true) as [number, number];
      const reach = customs.some((one) => one["axisCenteredZero"]) ? Math.max(Math.abs(from), Math.abs(to)) : undefined;
      if (isPercent) return [0, 1];
      return reach ? [-reach, reach] : [min ?? from, max ?? to];
    },
  };
}

function drawThresholds(plot: uPlot, lines: Line[]) {
  const { ctx, bbox } = plot;
  for (const { field, custom, scale } of lines.slice(0, 1)) {
    const style = isRecord(custom["thresholdsStyle"]) ? String(custom["thresholdsStyle"]["mode"] ?? "off") : "off";
    const isPercentage = field.config.thresholds?.mode === "percentage";
    const [low, high] = isPercentage ? scaleEnds([field]) : [0, 0];
    const given = style === "off" ? [] : (field.config.thresholds?.steps ?? []);
    const steps = given.map(({ value, color }) => ({ color, value: isPercentage && typeof value === "number" ? low + ((high - low) * value) / 100 : value }));
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    steps.forEach((step, at) => {
      const bottom = step.value === null ? bbox.top + bbox.height : plot.valToPos(step.value, scale, true);
      const next = steps[at + 1]?.value;
      const top = typeof next === "number" ? plot.valToPos(next, scale, true) : bbox.top;
      ctx.fillStyle = withAlpha(cssColor(step.color), 0.12);
      if (style.includes("area")) ctx.fillRect(bbox.left, top, bbox.width, bottom - top);
      if (step.value === null || style === "area") return;
      ctx.strokeStyle = cssColor(step.color);
      ctx.setLineDash(style.startsWith("dashed") ? [8, 6] : []);
      ctx.lineWidth = 2;
      ctx.beginPath();
      ctx.moveTo(bbox.left, bottom);
      ctx.lineTo(bbox.left + bbox.width, bottom);
      ctx.stroke();
    });
    ctx.restore();
  }
}

const DAY_MS = 864e5;

/** Times along the axis, as short as tells them apart. */
function timeTexts({ from, to }: Bounds, splits: number[], increment: number, zone: string): string[] {
  const texts = splits.map((ms) => formatTime(ms, zone));
  if (increment >= DAY_MS) return texts.map((text) => text.slice(5, 10));
  if (to - from > DAY_MS) return texts.map((text) => text.slice(5, 16));
  return texts.map((text) => text.slice(11, increment < 6e4 ? 19 : 16));
}

interface Hover { left: number; top: number; time: number; rows: { name: string; color: string; text: string }[] }

/** What the tooltip says of the place that the cursor is at. */
function readCursor(plot: uPlot, lines: Line[], options: Record<string, unknown>, zone: string): Hover | undefined {
  const { idx, left = -1, top = -1 } = plot.cursor;
  const tooltip = isRecord(options["tooltip"]) ? options["tooltip"] : {};
  if (typeof idx !== "number" || left < 0 || tooltip["mode"] === "none") return undefined;
  const found = lines.flatMap((line, at) => {
    const value = line.raw[idx];
    if (typeof value !== "number" || !plot.series[at + 1]?.show || hidden(line.custom, "tooltip")) return [];
    const distance = Math.abs(plot.valToPos(plot.data[at + 1]?.[idx] ?? 0, line.scale) - top);
    return [{ value, distance, name: line.field.config.displayName ?? "", color: line.color, text: show(value, line.field, zone).text }];
  });
  const sorted = tooltip["mode"] === "multi" ? found : found.toSorted((a, b) => a.distance - b.distance).slice(0, 1);
  if (tooltip["sort"] === "asc" || tooltip["sort"] === "desc") sorted.sort((a, b) => (a.value - b.value) * (tooltip["sort"] === "asc" ? 1 : -1));
  return sorted.length > 0 ? { left, top, time: plot.data[0]![idx]!, rows: sorted.slice(0, 20) } : undefined;
}

const POWERS_OF_TWO = Array.from({ length: 60 }, (_, power) => 2 ** power);
const isBinary = (unit = "") => /^([kmg]?bytes|bits|bin\w+)$/.test(unit);

function toAxes(lines: Line[], bounds: Bounds, zone: string): uPlot.Axis[] {
  const [ink, grid] = isDark() ? ["#9fa3ad", "rgba(204,204,220,0.12)"] : ["#52545c", "rgba(36,41,46,0.1)"];
  const shared = { stroke: ink, grid: { stroke: grid, width: 1 }, ticks: { show: false }, font: "12px system-ui, sans-serif" };
  const scales = [...new Set(lines.filter(({ custom }) => custom["axisPlacement"] !== "hidden").map(({ scale }) => scale))];
  const time: uPlot.Axis = { ...shared, space: bounds.to - bounds.from > DAY_MS ? 100 : 60, size: 30, values: (_plot, splits, _at, _space, increment) => timeTexts(bounds, splits, increment, zone) };
  return [time, ...scales.map((scale, at): uPlot.Axis => {
    const line = lines.find((one) => one.scale === scale)!;
    const field = line.group?.startsWith("percent") ? { ...line.field, config: { ...line.field.config, unit: "percentunit" } } : line.field;
    const label = line.custom["axisLabel"];
    return {
      ...shared, scale, space: 24, ...(isBinary(field.config.unit) && { incrs: POWERS_OF_TWO }), side: scale.startsWith("right") || at > 0 ? 1 : 3,
      grid: { ...shared.grid, show: at === 0 }, ...(label ? { label: String(label), labelSize: 18, labelFont: shared.font } : {}),
      values: (_plot, splits) => axisTexts(splits, field, zone), size: (_plot, values) => Math.max(32, 12 + 7 * Math.max(0, ...(values ?? []).map((text) => text?.length ?? 0))),
    };
  })];
}

export function TimeSeries({ title, frames, options, bounds, zone, sync, onZoom }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const [off, setOff] = useState<ReadonlySet<string>>(new Set());
  const [hover, setHover] = useState<Hover>();
  const [size, setSize] = useState({ width: 0, height: 0 });
  const { times, lines } = useMemo(() => toLines(frames), [frames, isDark()]);
  const nameOf = ({ field }: Line) => field.config.displayName ?? field.name;

  useEffect(() => {
    const watch = new ResizeObserver(([entry]) => entry && setSize({ width: Math.floor(entry.contentRect.width), height: Math.floor(entry.contentRect.height) }));
    watch.observe(place.current!);
    return () => watch.disconnect();
  }, []);

  useEffect(() => {
    if (size.width < 20 || size.height < 20) return undefined;
    const isShown = (line: Line) => !off.has(nameOf(line));
    const drawn = stack(lines, isShown);
    // What is stacked higher is drawn first, so that nothing hides what lies below it.
    const order = [...lines.filter(({ group }) => group).toReversed(), ...lines.filter(({ group }) => !group)];
    const scales = Object.fromEntries([...new Set(lines.map(({ scale }) => scale))].map((scale) => [scale, scaleOf(lines.filter((line) => line.scale === scale))]));
    const plot = new uPlot({
      ...size, ms: 1, legend: { show: false }, padding: [8, bounds.to - bounds.from > DAY_MS ? 40 : 28, 0, 0],
      ...(zone !== "browser" && { tzDate: (ms: number) => uPlot.tzDate(new Date(ms), zone === "utc" ? "Etc/UTC" : zone) }),
      scales: { x: { time: true, range: [bounds.from, bounds.to] }, ...scales },
      series: [{}, ...order.map((line) => toSeries(line, isShown(line), line.raw.filter((value) => typeof value === "number").length === 1))],
      axes: toAxes(lines, bounds, zone), bands: toBands(order.map((line) => (isShown(line) ? line : undefined))),
      cursor: { drag: { x: true, y: false, setScale: false }, ...(sync > 0 && { sync: { key: "dashboard" } }) },
      hooks: {
        drawClear: [(self) => drawThresholds(self, order)],
        // A cursor that another panel moves has no event; only 2 asks for the tooltip there too.
        setCursor: [(self) => setHover(self.cursor.event || sync === 2 ? readCursor(self, order, options, zone) : undefined)],
        setSelect: [(self) => { const { left, width } = self.select; if (width > 4 && self.cursor.event) onZoom({ from: Math.round(self.posToVal(left, "x")), to: Math.round(self.posToVal(left + width, "x")) }); }],
      },
    }, [times, ...order.map((line) => drawn.get(line)!)] as uPlot.AlignedData, place.current!);
    return () => plot.destroy();
  }, [frames, size.width, size.height, off, zone, isDark(), bounds.from, bounds.to]);

  const toggle = (name: string) => setOff((before) => (before.has(name) ? new Set([...before].filter((one) => one !== name)) : new Set([...before, name])));
  const legend = (options["legend"] ?? {}) as LegendOptions;
  const entries = lines.filter(({ custom }) => !hidden(custom, "legend")).map((line): Entry => ({ name: nameOf(line), color: line.color, field: line.field, isHidden: off.has(nameOf(line)), toggle: () => toggle(nameOf(line)) }));
  const summary = lines.slice(0, 10).map((line) => `${nameOf(line)} ${show(reduce(line.raw, "lastNotNull"), line.field, zone).text}`).join("; ");
  return (
    <div class={`graph ${legend.placement === "right" ? "beside" : ""}`}>
      <div class="plot" ref={place} role="img" aria-label={`Graph ${title}: ${lines.length} series. Last values: ${summary}`}>
        {hover && (
          <div class="tooltip" style={{ left: `${Math.min(hover.left + 70, Math.max(0, size.width - 220))}px`, top: `${Math.max(0, Math.min(hover.top, size.height - 60))}px` }}>
            <div>{formatTime(hover.time, zone)}</div>
            {hover.rows.map(({ name, color, text }) => <div class="tooltip-row"><span class="swatch" style={{ background: color }} /><span>{name}</span><b>{text}</b></div>)}
          </div>
        )}
      </div>
      {legend.showLegend !== false && legend.displayMode !== "hidden" && <Legend entries={entries} options={legend} zone={zone} />}
    </div>
  );
}
