import assert from "node:assert/strict";
import { test } from "node:test";
import { type DataSource } from "../src/api";
import { placePanels, layOut } from "../src/layout";
import { migrate, readDashboard } from "../src/migrate";
import { type Dashboard, type Panel, type Variable } from "../src/model";
import { fillInputs } from "../src/pages/browse";
import { toQueries } from "../src/panels/data";
import { linkAddress } from "../src/panels/table";
import { ALL, choose, filterOptions, parseCustom, resolveSource, sortOptions, valueOf } from "../src/variables";

const panel = (part: object) => ({ id: 1, type: "timeseries", gridPos: { x: 0, y: 0, w: 12, h: 8 }, ...part }) as Panel;
const dashboard = (panels: object[], part: object = {}) => ({ title: "Old", schemaVersion: 18, panels, ...part }) as Dashboard;
const migrated = (old: object) => migrate(dashboard([{ id: 1, gridPos: { x: 0, y: 0, w: 12, h: 8 }, ...old }])).panels![0]!;
const bounds = { from: 0, to: 3_600_000 };

test("an old graph becomes a time series with its axes, stack, legend and overrides", () => {
  const graph = migrated({
    type: "graph", lines: true, fill: 2, linewidth: 3, stack: true, nullPointMode: "connected", yaxes: [{ format: "bytes", label: "Memory", min: 0 }, { format: "percent" }],
    legend: { show: true, values: true, current: true, max: true, alignAsTable: true, rightSide: true }, aliasColors: { used: "#aa0000" }, seriesOverrides: [{ alias: "/load/", yaxis: 2 }, { alias: "out", transform: "negative-Y" }],
  });
  assert.equal(graph.type, "timeseries");
  const { unit, min, custom } = graph.fieldConfig!.defaults;
  assert.deepEqual([unit, min, custom!["axisLabel"], custom!["fillOpacity"], custom!["lineWidth"], custom!["spanNulls"], custom!["stacking"]], ["bytes", 0, "Memory", 20, 3, true, { mode: "normal", group: "A" }]);
  assert.deepEqual(graph.options!["legend"], { showLegend: true, displayMode: "table", placement: "right", calcs: ["lastNotNull", "max"] });
  assert.deepEqual(graph.fieldConfig!.overrides.map(({ matcher, properties }) => [matcher.id, properties.map(({ id }) => id)]), [["byName", ["color"]], ["byRegexp", ["custom.axisPlacement", "unit"]], ["byName", ["custom.transform"]]]);
});

test("a singlestat becomes a stat with thresholds and mappings, or a gauge where it had one", () => {
  const stat = migrated({ type: "singlestat", format: "percentunit", valueName: "avg", colorBackground: true, colors: ["red", "yellow", "green"], thresholds: "0.5,0.9", sparkline: { show: true }, valueMaps: [{ value: "null", text: "N/A", op: "=" }] });
  assert.deepEqual([stat.type, stat.options!["colorMode"], stat.options!["graphMode"], stat.fieldConfig!.defaults.unit], ["stat", "background", "area", "percentunit"]);
  assert.deepEqual(stat.fieldConfig!.defaults.thresholds!.steps, [{ value: null, color: "red" }, { value: 0.5, color: "yellow" }, { value: 0.9, color: "green" }]);
  assert.deepEqual(stat.fieldConfig!.defaults.mappings, [{ type: "special", options: { match: "null", result: { text: "N/A" } } }]);
  assert.deepEqual((stat.options!["reduceOptions"] as { calcs: string[] }).calcs, ["mean"]);
  assert.equal(migrated({ type: "singlestat", gauge: { show: true, maxValue: 10 } }).type, "gauge");
});

test("an old table becomes a table with an override for each style", () => {
  const table = migrated({ type: "table", styles: [{ pattern: "Time", type: "hidden" }, { pattern: "Value", alias: "Memory", unit: "bytes", type: "number", colorMode: "cell", thresholds: ["5"], colors: ["green", "red", "blue"] }], transform: "table", targets: [{ refId: "A", expr: "up" }] });
  assert.deepEqual(table.fieldConfig!.overrides.map(({ matcher, properties }) => [matcher.options, properties.map(({ id }) => id)]), [["Time", ["custom.hidden"]], ["Value", ["displayName", "unit", "thresholds", "custom.cellOptions"]]]);
  assert.equal(table.targets![0]!.format, "table");
});

test("a text panel of old keeps its content", () => {
  assert.deepEqual(migrated({ type: "text", mode: "html", content: "<b>hi</b>" }).options, { mode: "html", content: "<b>hi</b>" });
});

test("a dashboard with rows of twelve columns, or that is no JSON, is refused in words", () => {
  const problem = (text: string) => (readDashboard(text) as { problem: string }).problem;
  assert.match(problem('{"title":"Older","schemaVersion":14,"rows":[{"panels":[]}]}'), /rows of schema version 15/);
  assert.match(problem("[]"), /not an object/);
  assert.match(problem("{"), /not valid JSON/);
});

test("what the page does not know stays in a dashboard, and its version becomes that of Grafana 12", () => {
  const kept = migrate(dashboard([panel({ oddity: { deep: [1] } })], { style: "dark", weekStart: "monday" }));
  assert.deepEqual([kept["style"], kept["weekStart"], kept.panels![0]!["oddity"], kept.schemaVersion], ["dark", "monday", { deep: [1] }, 41]);
  assert.equal(migrate({ title: "Newer", schemaVersion: 42 }).schemaVersion, 42);
});

test("panels float upward, as far as nothing is in their way", () => {
  const placed = placePanels([panel({ id: 1 }), panel({ id: 2, gridPos: { x: 12, y: 20, w: 12, h: 4 } }), panel({ id: 3, gridPos: { x: 0, y: 30, w: 24, h: 4 } })], {}, {}, "");
  assert.deepEqual(placed.map(({ at }) => at.y), [0, 0, 8]);
});

test("a panel repeated across shares the width, in several lines where there are more than fit", () => {
  const scope = { pod: { value: ["a", "b", "c"], text: ["a", "b", "c"], multi: true } };
  const placed = placePanels([panel({ repeat: "pod", maxPerRow: 2, gridPos: { x: 0, y: 0, w: 24, h: 5 } }), panel({ id: 2, gridPos: { x: 0, y: 5, w: 24, h: 3 } })], scope, {}, "");
  assert.deepEqual(placed.map(({ at: { x, y, w } }) => [x, y, w]), [[0, 0, 12], [12, 0, 12], [0, 5, 12], [0, 10, 24]]);
  assert.deepEqual(placed.slice(0, 3).map(({ scope: own }) => own["pod"]!.value), ["a", "b", "c"]);
});

test("a panel of broken lines, as old files have them, stands on whole ones", () => {
  const [first, second] = placePanels([panel({ gridPos: { x: 0, y: 7, w: 24, h: 2.2 } }), panel({ id: 2, gridPos: { x: 0, y: 9.2, w: 8, h: 7 } })], {}, {}, "");
  assert.deepEqual([first!.at, second!.at], [{ x: 0, y: 0, w: 24, h: 2 }, { x: 0, y: 2, w: 8, h: 7 }]);
});

test("a panel repeated by a variable without values stands once", () => {
  assert.equal(placePanels([panel({ repeat: "pod" })], {}, {}, "").length, 1);
});

test("an open row has the panels after it, a collapsed one its own, a repeated one a copy for each value", () => {
  const panels = [panel({ id: 1 }), panel({ id: 2, type: "row", title: "Open $pod", repeat: "pod", gridPos: { x: 0, y: 10, w: 24, h: 1 } }), panel({ id: 3, gridPos: { x: 0, y: 11, w: 12, h: 4 } }), panel({ id: 4, type: "row", collapsed: true, panels: [panel({ id: 5 })], gridPos: { x: 0, y: 20, w: 24, h: 1 } })];
  const sections = layOut(panels, { pod: { value: ["a", "b"], text: ["a", "b"], multi: true } }, {});
  assert.deepEqual(sections.map(({ key, isCollapsed, panels: own }) => [key, isCollapsed, own.map((one) => one.panel.id)]), [["top", false, [1]], ["row-2-a", false, [3]], ["row-2-b", false, [3]], ["row-4", true, [5]]]);
});

const variable = (part: Partial<Variable>): Variable => ({ name: "v", type: "query", ...part });

test("a custom variable's list has pairs and escaped commas", () => {
  assert.deepEqual(parseCustom("a, Bee : b, c\\,d"), [{ text: "a", value: "a" }, { text: "Bee", value: "b" }, { text: "c,d", value: "c,d" }]);
});

test("a regular expression filters options, by its first group or its named ones", () => {
  const options = ["web-1", "web-2", "db-1"].map((value) => ({ text: value, value }));
  assert.deepEqual(filterOptions(options, "/web-(.*)/").map(({ value }) => value), ["1", "2"]);
  assert.deepEqual(filterOptions(options, "/(?<text>\\w+)-(?<value>\\d)/"), [{ text: "web", value: "1" }, { text: "web", value: "2" }]);
});

test("options are sorted by letter, number, or without regard to case", () => {
  const sorted = (sort: number) => sortOptions(["b10", "B2", "a1"].map((value) => ({ text: value, value })), sort).map(({ value }) => value);
  assert.deepEqual([0, 1, 3, 4, 5].map(sorted), [["b10", "B2", "a1"], ["B2", "a1", "b10"], ["a1", "B2", "b10"], ["b10", "B2", "a1"], ["a1", "b10", "B2"]]);
});

test("what was chosen is kept while it is an option, else All is where it is offered, else the first", () => {
  const options = ["a", "b"].map((value) => ({ text: value, value }));
  assert.deepEqual(choose(variable({}), options, ["b"]), ["b"]);
  assert.deepEqual(choose(variable({}), options, ["gone"]), ["a"]);
  assert.deepEqual(choose(variable({ includeAll: true, multi: true }), options, ["gone"]), [ALL]);
  assert.deepEqual(choose(variable({ includeAll: true }), [], ["gone"]), [ALL]);
  assert.deepEqual(choose(variable({ type: "textbox", query: "x" }), [], []), ["x"]);
});

test("All is every option, and auto of an interval a thirtieth of the range", () => {
  const options = ["a", "b"].map((value) => ({ text: value, value }));
  assert.deepEqual(valueOf({ variable: variable({ includeAll: true }), options, chosen: [ALL] }, { bounds }).value, ["a", "b"]);
  assert.equal(valueOf({ variable: variable({ type: "interval", auto: true }), options: [], chosen: ["$__auto"] }, { bounds }).value, "2m");
});

const source = (part: Partial<DataSource>): DataSource => ({ id: 1, uid: "prom", name: "Prometheus", type: "prometheus", url: "", access: "proxy", isDefault: true, readOnly: false, jsonData: {}, ...part });
const sources = [source({}), source({ id: 2, uid: "other", name: "Other", isDefault: false })];

test("a panel without a data source uses the default, one with a variable that of the variable", () => {
  const scope = { datasource: { value: "other", text: "Other" } };
  assert.deepEqual([null, "Other", { uid: "${datasource}" }, "$datasource"].map((ref) => resolveSource(ref, scope, sources)?.uid), ["prom", "other", "other", "other"]);
  assert.equal(resolveSource("${DS_PROMETHEUS}", {}, sources), undefined);
});

test("a mixed panel asks the source of each target, and one of both kinds asks twice", () => {
  const { queries } = toQueries(panel({ datasource: { uid: "-- Mixed --" }, targets: [{ refId: "A", expr: "up", datasource: { uid: "other" }, instant: true, range: true }, { refId: "B", expr: "x", hide: true }] }), {}, bounds, 1000, sources);
  assert.deepEqual(queries.map((query) => [(query as { refId: string }).refId, (query as { datasource: { uid: string } }).datasource.uid, (query as { instant: boolean }).instant]), [["A", "other", false], ["A-Instant", "other", true]]);
});

test("a data source that is not there is named as Grafana names it", () => {
  assert.throws(() => toQueries(panel({ datasource: { uid: "${DS_PROMETHEUS}" }, targets: [{ refId: "A", expr: "up" }] }), {}, bounds, 1000, sources), /Datasource named \$\{DS_PROMETHEUS\} was not found/);
});

test("an import puts what was chosen in the place of the inputs", () => {
  const filled = fillInputs({ title: "x", id: 7, __inputs: [{ name: "DS_PROMETHEUS", type: "datasource" }], panels: [panel({ datasource: { uid: "${DS_PROMETHEUS}" } })] }, { DS_PROMETHEUS: "prom" });
  assert.deepEqual([filled.panels![0]!.datasource, filled.id, filled.__inputs], [{ uid: "prom" }, null, undefined]);
});

test("a data link speaks of its value, its row, the time and variables, and leads only to web addresses", () => {
  const frame = { fields: [{ name: "pod", type: "string" as const, config: { displayName: "Pod" }, values: ["web 1"] }] };
  const scope = { cluster: { value: ["a", "b"], text: "a", multi: true } };
  assert.equal(linkAddress("/d/x?var-pod=${__data.fields.Pod}&v=${__value.raw}&${cluster:queryparam}&${__url_time_range}", scope, "from=now-1h&to=now", 5, { frame, at: 0 }), "/d/x?var-pod=web%201&v=5&var-cluster=a&var-cluster=b&from=now-1h&to=now");
  const labelled = { name: "Value", type: "number" as const, config: { displayName: "web" }, labels: { node: "n 1" }, values: [] };
  assert.equal(linkAddress("/d/y?node=${__field.labels.node}&s=${__series.name}", {}, "", 1, undefined, labelled), "/d/y?node=n%201&s=web");
  assert.equal(linkAddress("javascript:alert(1)", {}, ""), undefined);
});
