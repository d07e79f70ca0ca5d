// What a panel asks its data sources, and what it has got.
import { type DataSource, explain, query } from "../api";
import { configure } from "../fields";
import { readAnswer } from "../frames";
import { interpolate, type Scope } from "../interpolate";
import { type Frame, type Panel, type Target } from "../model";
import { type Bounds, panelInterval, parseDuration } from "../time";
import { transform } from "../transformations";
import { resolveSource, sourceName } from "../variables";

export interface PanelData {
  frames: Frame[];
  errors: string[];
  notices: string[];
  isEmpty: boolean;
  bounds: Bounds;
}

/** The panel's own time: the last `timeFrom`, and everything earlier by `timeShift`. */
export function panelBounds({ timeFrom, timeShift }: Panel, { from, to }: Bounds, scope: Scope): Bounds {
  const [span, shift] = [timeFrom, timeShift].map((text) => (text ? parseDuration(interpolate(text, scope).replace(/^now-/, "")) : undefined));
  const start = span ? to - span : from;
  return { from: start - (shift ?? 0), to: to - (shift ?? 0) };
}

/** The queries of one panel for /api/ds/query; a target with both kinds becomes two, as in Grafana. */
export function toQueries(panel: Panel, scope: Scope, bounds: Bounds, width: number, sources: DataSource[]): { targets: Target[]; queries: object[] } {
  const isMixed = sourceName(panel.datasource) === "-- Mixed --";
  const targets = (panel.targets ?? []).filter(({ hide, expr }) => !hide && typeof expr === "string" && expr.trim() !== "");
  const queries = targets.flatMap((target) => {
    const ref = isMixed || !panel.datasource ? (target.datasource ?? panel.datasource) : panel.datasource;
    const source = resolveSource(ref, scope, sources);
    if (!source) throw new Error(`Datasource named ${interpolate(sourceName(ref), scope)} was not found`);
    if (source.type !== "prometheus") throw new Error(`The data source ${source.name} is of the type "${source.type}", which this stand-in for Grafana cannot query.`);
    const least = interpolate(panel.interval || String(source.jsonData?.["timeInterval"] ?? "") || "15s", scope).replace(/^>/, "");
    const maxDataPoints = panel.maxDataPoints || width || 500;
    const one = {
      refId: target.refId,
      datasource: { uid: source.uid, type: source.type },
      expr: interpolate(target.expr!, scope, "prometheus"),
      legendFormat: interpolate(target.legendFormat ?? "", scope),
      format: target.format ?? "time_series",
      ...(typeof target["intervalFactor"] === "number" && { intervalFactor: target["intervalFactor"] }),
      ...(target.interval && { interval: interpolate(target.interval, scope) }),
      intervalMs: panelInterval(bounds, maxDataPoints, parseDuration(least) ?? 15_000),
      maxDataPoints,
      utcOffsetSec: -new Date().getTimezoneOffset() * 60,
      exemplar: false,
    };
    const isInstant = target.instant === true;
    if (isInstant && target.range)
      return [
        { ...one, instant: false, range: true },
        { ...one, refId: `${target.refId}-Instant`, instant: true, range: false },
      ];
    return [{ ...one, instant: isInstant, range: !isInstant }];
  });
  return { targets, queries };
}

export async function loadPanel(panel: Panel, scope: Scope, dashboardBounds: Bounds, width: number, sources: DataSource[]): Promise<PanelData> {
  const bounds = panelBounds(panel, dashboardBounds, scope);
  const nothing = { frames: [], notices: [], isEmpty: true, bounds };
  try {
    const { targets, queries } = toQueries(panel, scope, bounds, width, sources);
    if (queries.length === 0) return { ...nothing, errors: [] };
    const { frames, errors } = readAnswer(await query({ from: String(bounds.from), to: String(bounds.to), queries }), targets);
    const { frames: transformed, problems } = transform(frames, panel.transformations);
    const warnings = frames.flatMap(({ meta }) => meta?.notices ?? []).map(({ text }) => text);
    return { frames: configure(transformed, panel, scope), errors, notices: [...new Set([...problems, ...warnings])], isEmpty: transformed.every(({ fields }) => fields.every(({ values }) => values.length === 0)), bounds };
  } catch (fault) {
    return { ...nothing, errors: [explain(fault)] };
  }
}
