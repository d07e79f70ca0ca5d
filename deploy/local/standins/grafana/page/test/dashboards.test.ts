import assert from "node:assert/strict";
import { test } from "node:test";
import { type DataSource } from "../src/api";
import { placePanels, layOut } from "../src/layout";
import { ageOf, complete, readDashboard } from "../src/read";
import { type Dashboard, type Panel, type Variable } from "../src/model";
import { fillInputs, ownPath } from "../src/pages/browse";
import { toQueries } from "../src/panels/data";
import { ALL, choose, filterOptions, parseCustom, resolveSource, sortOptions, valueOf } from "../src/variables";

const panel = (part: object) => ({ id: 1, type: "timeseries", gridPos: { x: 0, y: 0, w: 12, h: 8 }, ...part }) as Panel;
const dashboard = (panels: object[], part: object = {}) => ({ title: "Old", schemaVersion: 18, panels, ...part }) as Dashboard;
const bounds = { from: 0, to: 3_600_000 };

test("what is no dashboard of the classic form is refused in words", () => {
  const problem = (text: string) => (readDashboard(text) as { problem: string }).problem;
  assert.match(problem('{"kind":"Dashboard","spec":{"title":"x"}}'), /schema v2/);
  assert.match(problem("[]"), /not an object/);
  assert.match(problem("{"), /not valid JSON/);
});

test("what the page does not know stays in a dashboard, and so does its schema version", () => {
  const kept = complete(dashboard([panel({ oddity: { deep: [1] } })], { style: "dark", weekStart: "monday" }));
  assert.deepEqual([kept["style"], kept["weekStart"], kept.panels![0]!["oddity"], kept.schemaVersion], ["dark", "monday", { deep: [1] }, 18]);
});

test("a panel without a number or a place gets them", () => {
  const { panels } = complete({ title: "x", panels: [panel({ id: 4 }), { type: "stat", fieldConfig: {} } as unknown as Panel] });
  assert.deepEqual(panels![1], { type: "stat", id: 5, gridPos: { x: 0, y: 0, w: 12, h: 9 }, fieldConfig: { defaults: {}, overrides: [] } });
});

test("a dashboard of an earlier Grafana is named as one", () => {
  assert.match(ageOf({ title: "x", schemaVersion: 18 })!, /schema version 18, of an earlier Grafana/);
  assert.deepEqual([36, 41, 42].map((schemaVersion) => ageOf({ title: "x", schemaVersion })), [undefined, undefined, undefined]);
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

test("signing in never leads to another site", () => {
  assert.equal(ownPath("/d/abc/title?from=now-1h"), "/d/abc/title?from=now-1h");
  for (const target of ["https://elsewhere.test", "//elsewhere.test", "/\\elsewhere.test", null]) assert.equal(ownPath(target), "/");
});
