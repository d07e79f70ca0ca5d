// Dashboards of earlier schema versions, read as what Grafana 12 makes of them: graph, singlestat and the old table among them.
import { asArray, type Dashboard, type FieldConfig, type Frame, isRecord, type Mapping, type Override, type Panel, type Step } from "./model";
import { reducerId } from "./reducers";

export const SCHEMA_VERSION = 41;
type Old = Record<string, any>;
const COLORS = ["green", "#EAB839", "red"];

/** The dashboard that somebody typed or chose, in today's form, or what is wrong with it in words. */
export function readDashboard(text: string): { value: Dashboard } | { problem: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (fault) {
    return { problem: `This is not valid JSON: ${fault instanceof Error ? fault.message : String(fault)}` };
  }
  if (!isRecord(value)) return { problem: "This is JSON, but not an object: a dashboard begins with {." };
  try {
    return { value: migrate(value as Dashboard) };
  } catch (fault) {
    return { problem: fault instanceof Error ? fault.message : String(fault) };
  }
}

/** A copy of `dashboard` in today's form. Fields that this page does not know are kept. */
export function migrate(dashboard: Dashboard): Dashboard {
  const copy = structuredClone(dashboard) as Dashboard & { rows?: Old[] };
  if (copy.rows && !copy.panels?.length)
    throw new Error("This dashboard has rows of schema version 15 or older, which this stand-in for Grafana does not read.");
  copy.panels = (copy.panels ?? []).map(migratePanel);
  let id = Math.max(0, ...copy.panels.flatMap((panel) => [panel, ...(panel.panels ?? [])]).map((panel) => panel.id || 0));
  for (const panel of copy.panels.flatMap((one) => [one, ...(one.panels ?? [])])) panel.id ||= ++id;
  copy.schemaVersion = Math.max(copy.schemaVersion ?? 0, SCHEMA_VERSION);
  copy.templating = { ...copy.templating, list: copy.templating?.list ?? [] };
  return copy;
}

function migratePanel(panel: Panel): Panel {
  const old = panel as Old;
  panel.gridPos ??= { x: 0, y: 0, w: 12, h: 9 };
  if (panel.panels) panel.panels = panel.panels.map(migratePanel);
  if (panel.type === "graph") migrateGraph(panel, old);
  else if (panel.type === "singlestat" || panel.type === "grafana-singlestat-panel") migrateSinglestat(panel, old);
  else if (panel.type === "table-old" || (panel.type === "table" && Array.isArray(old["styles"]))) migrateTable(panel, old);
  else if (panel.type === "text" && old["content"] !== undefined) panel.options = { mode: old["mode"] ?? "markdown", content: old["content"], ...panel.options };
  const before = panel.options?.["fieldOptions"] as Old | undefined;
  if (before) {
    panel.fieldConfig ??= { defaults: before["defaults"] ?? {}, overrides: before["overrides"] ?? [] };
    panel.options = { ...panel.options, reduceOptions: { calcs: before["calcs"] ?? ["lastNotNull"], values: before["values"] ?? false } };
    delete panel.options["fieldOptions"];
  }
  for (const calcs of [panel.options?.["reduceOptions"] as Old | undefined]) if (calcs?.["calcs"]) calcs["calcs"] = asArray(calcs["calcs"] as string[]).map(reducerId);
  const defaults = panel.fieldConfig?.defaults;
  if (defaults?.mappings) defaults.mappings = defaults.mappings.map(migrateMapping);
  if (panel.fieldConfig) panel.fieldConfig = { ...panel.fieldConfig, defaults: defaults ?? {}, overrides: panel.fieldConfig.overrides ?? [] };
  return panel;
}

/** Mappings had numbers for their types, and one entry each. */
function migrateMapping(mapping: Mapping): Mapping {
  const old = mapping as unknown as Old;
  if (old["options"]) return mapping;
  const result = { text: String(old["text"] ?? "") };
  if (old["type"] === 2) return { type: "range", options: { from: Number(old["from"]), to: Number(old["to"]), result } };
  if (old["value"] === "null" || old["value"] === null) return { type: "special", options: { match: "null", result } };
  return { type: "value", options: { [String(old["value"])]: result } };
}

function drop(old: Old, names: string) {
  for (const name of names.split(" ")) delete old[name];
}

const axisConfig = (axis: Old | undefined): FieldConfig => ({
  ...(axis?.["format"] && { unit: axis["format"] as string }),
  ...(typeof axis?.["decimals"] === "number" && { decimals: axis["decimals"] as number }),
  ...(hasNumber(axis?.["min"]) && { min: Number(axis?.["min"]) }),
  ...(hasNumber(axis?.["max"]) && { max: Number(axis?.["max"]) }),
});
const hasNumber = (value: unknown) => value !== null && value !== undefined && value !== "" && !Number.isNaN(Number(value));

function migrateGraph(panel: Panel, old: Old) {
  const [left, right] = asArray(old["yaxes"] as Old[]);
  const mode = (old["xaxis"] as Old | undefined)?.["mode"];
  const legend = (old["legend"] as Old | undefined) ?? {};
  const drawStyle = old["bars"] ? "bars" : old["lines"] === false && old["points"] ? "points" : "line";
  const custom: Record<string, unknown> = {
    drawStyle,
    lineWidth: old["linewidth"] ?? 1,
    fillOpacity: drawStyle === "bars" ? 100 : Number(old["fill"] ?? 1) * 10,
    lineInterpolation: old["steppedLine"] ? "stepAfter" : "linear",
    showPoints: old["points"] ? "always" : "never",
    spanNulls: old["nullPointMode"] === "connected",
    stacking: { mode: old["stack"] ? (old["percentage"] ? "percent" : "normal") : "none", group: "A" },
    ...(left?.["label"] && { axisLabel: left["label"] as string }),
    ...(Number(left?.["logBase"] ?? 1) > 1 && { scaleDistribution: { type: "log", log: Number(left?.["logBase"]) } }),
    ...(left?.["show"] === false && { axisPlacement: "hidden" }),
  };
  const calcs = [
    ["current", "lastNotNull"],
    ["avg", "mean"],
    ["min", "min"],
    ["max", "max"],
    ["total", "sum"],
  ]
    .filter(([name]) => legend["values"] && legend[name!])
    .map(([, id]) => id!);
  const overrides: Override[] = Object.entries((old["aliasColors"] ?? {}) as Record<string, string>).map(([name, color]) => ({
    matcher: { id: "byName", options: name },
    properties: [{ id: "color", value: { mode: "fixed", fixedColor: color } }],
  }));
  for (const series of asArray(old["seriesOverrides"] as Old[])) overrides.push(migrateSeriesOverride(series, right));
  panel.type = mode === "series" ? "bargauge" : mode === "histogram" ? "histogram" : "timeseries";
  panel.fieldConfig = { defaults: { color: { mode: "palette-classic" }, ...axisConfig(left), custom }, overrides };
  panel.options = {
    legend: { showLegend: legend["show"] !== false, displayMode: legend["alignAsTable"] ? "table" : "list", placement: legend["rightSide"] ? "right" : "bottom", calcs },
    tooltip: {
      mode: (old["tooltip"] as Old | undefined)?.["shared"] === false ? "single" : "multi",
      sort: ["none", "asc", "desc"][Number((old["tooltip"] as Old | undefined)?.["sort"] ?? 0)] ?? "none",
    },
    ...(panel.type === "bargauge" && { reduceOptions: { calcs: [reducerId(asArray((old["xaxis"] as Old)["values"] as string[])[0] ?? "sum")] }, displayMode: "basic" }),
  };
  drop(
    old,
    "yaxes xaxis yaxis legend lines linewidth fill fillGradient bars points pointradius stack percentage steppedLine nullPointMode aliasColors seriesOverrides tooltip dashes dashLength spaceLength renderer thresholds timeRegions hiddenSeries",
  );
}

function migrateSeriesOverride(series: Old, right: Old | undefined): Override {
  const properties: Override["properties"] = [];
  const set = (id: string, value: unknown) => properties.push({ id, value });
  for (const [name, value] of Object.entries(series)) {
    if (name === "color") set("color", { mode: "fixed", fixedColor: value });
    else if (name === "yaxis" && value === 2) {
      set("custom.axisPlacement", "right");
      for (const [id, setting] of Object.entries(axisConfig(right))) set(id, setting);
    } else if (name === "fill") set("custom.fillOpacity", Number(value) * 10);
    else if (name === "linewidth") set("custom.lineWidth", value);
    else if (name === "transform" && value === "negative-Y") set("custom.transform", value);
    else if (name === "dashes" && value) set("custom.lineStyle", { fill: "dash", dash: [10, 10] });
    else if (name === "bars" && value) set("custom.drawStyle", "bars");
    else if (name === "lines" && !value) set("custom.lineWidth", 0);
    else if (name === "stack") set("custom.stacking", { mode: value ? "normal" : "none", group: typeof value === "string" ? value : "A" });
    else if (name === "legend" && !value) set("custom.hideFrom", { legend: true, tooltip: false, viz: false });
  }
  const alias = String(series["alias"] ?? "");
  return { matcher: { id: alias.startsWith("/") ? "byRegexp" : "byName", options: alias }, properties };
}

/** Steps from "50,80" and the colours below, between and above. */
function stepsOf(thresholds: unknown, colors: string[]): Step[] {
  const ends = (Array.isArray(thresholds) ? thresholds : String(thresholds ?? "").split(",")).filter((end) => String(end).trim() !== "").map(Number);
  return [{ value: null, color: colors[0] ?? COLORS[0]! }, ...ends.map((value, at) => ({ value, color: colors[at + 1] ?? COLORS[at + 1] ?? "red" }))];
}

function migrateSinglestat(panel: Panel, old: Old) {
  const gauge = (old["gauge"] ?? {}) as Old;
  const mappings = [
    ...asArray(old["valueMaps"] as Old[])
      .filter((map) => old["mappingType"] !== 2 && map["value"] !== undefined)
      .map((map) => migrateMapping({ type: 1, ...map } as unknown as Mapping)),
    ...asArray(old["rangeMaps"] as Old[])
      .filter(() => old["mappingType"] === 2)
      .map((map) => migrateMapping({ ...map, type: map["from"] === "null" ? 1 : 2, value: map["from"] } as unknown as Mapping)),
  ];
  panel.type = gauge["show"] ? "gauge" : "stat";
  panel.fieldConfig = {
    defaults: {
      ...axisConfig(old),
      mappings,
      color: { mode: "thresholds" },
      thresholds: { mode: "absolute", steps: stepsOf(old["thresholds"], asArray(old["colors"] as string[])) },
      ...(gauge["show"] && { min: Number(gauge["minValue"] ?? 0), max: Number(gauge["maxValue"] ?? 100) }),
      ...(old["nullText"] && { noValue: String(old["nullText"]) }),
    },
    overrides: [],
  };
  panel.options = {
    reduceOptions: { calcs: [reducerId(String(old["valueName"] ?? "mean"))], values: false, fields: "" },
    textMode: old["valueName"] === "name" ? "name" : "auto",
    colorMode: old["colorBackground"] ? "background" : old["colorValue"] ? "value" : "none",
    graphMode: (old["sparkline"] as Old | undefined)?.["show"] ? "area" : "none",
    orientation: "horizontal",
    justifyMode: "auto",
  };
  drop(
    old,
    "format decimals valueName colors thresholds colorBackground colorValue sparkline gauge valueMaps rangeMaps mappingType mappingTypes nullText nullPointMode prefix postfix prefixFontSize postfixFontSize valueFontSize tableColumn cacheTimeout",
  );
}

function migrateTable(panel: Panel, old: Old) {
  const overrides = asArray(old["styles"] as Old[]).map((style): Override => {
    const pattern = String(style["pattern"] ?? "");
    const properties: Override["properties"] = [];
    const set = (id: string, value: unknown) => properties.push({ id, value });
    if (style["alias"]) set("displayName", style["alias"]);
    if (style["unit"] && style["type"] === "number") set("unit", style["unit"]);
    if (typeof style["decimals"] === "number" && style["type"] === "number") set("decimals", style["decimals"]);
    if (style["type"] === "hidden") set("custom.hidden", true);
    if (style["link"] && style["linkUrl"])
      set("links", [
        {
          title: style["linkTooltip"] ?? "",
          url: String(style["linkUrl"]).replace(/\$\{__cell(?:_(\d+))?(:\w+)?\}|\$__cell\b/g, "${__value.raw}"),
          targetBlank: Boolean(style["linkTargetBlank"]),
        },
      ]);
    if (style["colorMode"]) {
      set("thresholds", { mode: "absolute", steps: stepsOf(style["thresholds"], asArray(style["colors"] as string[])) });
      set("custom.cellOptions", { type: style["colorMode"] === "value" ? "color-text" : "color-background" });
    }
    return { matcher: { id: pattern.startsWith("/") ? "byRegexp" : "byName", options: pattern }, properties };
  });
  const { col, desc } = (old["sort"] ?? {}) as { col?: number | null; desc?: boolean };
  panel.type = "table";
  panel.fieldConfig = { defaults: { custom: {} }, overrides: overrides.filter(({ properties }) => properties.length > 0) };
  panel.options = { showHeader: true, ...(typeof col === "number" && { sortBy: [{ column: col, desc: Boolean(desc) }] }) };
  const calcs = { avg: "mean", min: "min", max: "max", current: "lastNotNull", total: "sum" } as Record<string, string>;
  if (old["transform"] === "timeseries_aggregations")
    panel.transformations = [{ id: "reduce", options: { reducers: asArray(old["columns"] as Old[]).map((one) => calcs[String(one["value"])] ?? "lastNotNull") } }];
  if (old["transform"] === "table") for (const target of panel.targets ?? []) target.format ??= "table";
  drop(old, "styles columns sort transform fontSize pageSize scroll showHeader");
}

/** The cells of a table come as a list or, in old files, in the display mode of a column. */
export const cellType = (custom: Record<string, unknown> | undefined): string => {
  const options = custom?.["cellOptions"];
  return String((isRecord(options) ? options["type"] : custom?.["displayMode"]) ?? "auto");
};

export const isEmpty = (frames: Frame[]) => frames.every(({ fields }) => fields.every(({ values }) => values.length === 0));
