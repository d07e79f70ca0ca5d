import assert from "node:assert/strict";
import { test } from "node:test";
import { type Field, type Frame } from "../src/model";
import { transform } from "../src/transformations";

const column = (name: string, values: unknown[], type: Field["type"] = "number"): Field => ({ name, type, values, config: {} });
const read = (frames: Frame[]) => frames.map(({ fields }) => fields.map(({ name, config, values }) => [config.displayName ?? name, values]));
const apply = (frames: Frame[], id: string, options: Record<string, unknown>) => read(transform(frames, [{ id, options }]).frames);

const requests: Frame = { refId: "A", fields: [column("Time", [1, 1], "time"), column("pod", ["a", "b"], "string"), column("Value #A", [10, 20])] };
const errors: Frame = { refId: "B", fields: [column("Time", [1, 1], "time"), column("pod", ["b", "c"], "string"), column("Value #B", [2, 3])] };

test("organize leaves out, orders and renames columns", () => {
  const options = { excludeByName: { Time: true }, indexByName: { "Value #A": 0, pod: 1 }, renameByName: { "Value #A": "Requests" } };
  assert.deepEqual(apply([requests], "organize", options), [[["Requests", [10, 20]], ["pod", ["a", "b"]]]]);
});

test("joinByField makes one table, with nulls where a frame has no row", () => {
  assert.deepEqual(apply([requests, errors], "joinByField", { byField: "pod", mode: "outer" }), [[["pod", ["a", "b", "c"]], ["Time", [1, 1, null]], ["Value #A", [10, 20, null]], ["Time", [null, 1, 1]], ["Value #B", [null, 2, 3]]]]);
});

test("columns that clash in a join are numbered, so that organize can leave them out", () => {
  const { frames } = transform([requests, errors], [{ id: "seriesToColumns", options: { byField: "pod" } }, { id: "organize", options: { excludeByName: { "Time 1": true, "Time 2": true } } }]);
  assert.deepEqual(read(frames), [[["pod", ["a", "b", "c"]], ["Value #A", [10, 20, null]], ["Value #B", [null, 2, 3]]]]);
});

test("merge joins rows whose common columns are equal", () => {
  assert.deepEqual(apply([requests, errors], "merge", {}), [[["Time", [1, 1, 1]], ["pod", ["a", "b", "c"]], ["Value #A", [10, 20, null]], ["Value #B", [null, 2, 3]]]]);
});

test("groupBy has a row for each group, with its calculations", () => {
  const frame: Frame = { fields: [column("zone", ["x", "y", "x"], "string"), column("cpu", [1, 2, 3])] };
  const options = { fields: { zone: { operation: "groupby", aggregations: [] }, cpu: { operation: "aggregate", aggregations: ["sum", "max"] } } };
  assert.deepEqual(apply([frame], "groupBy", options), [[["zone", ["x", "y"]], ["cpu (sum)", [4, 2]], ["cpu (max)", [3, 2]]]]);
});

test("calculateField adds a column of two others, or of a row's reducer", () => {
  const frame: Frame = { fields: [column("used", [1, 2]), column("limit", [4, 8])] };
  assert.deepEqual(apply([frame], "calculateField", { mode: "binary", alias: "share", binary: { left: "used", operator: "/", right: "limit" }, replaceFields: true }), [[["share", [0.25, 0.25]]]]);
  assert.deepEqual(apply([frame], "calculateField", { mode: "reduceRow", reduce: { reducer: "sum" } })[0]!.at(-1), ["Total", [5, 10]]);
});

test("a transformation that is switched off does nothing, and an unknown one is named", () => {
  assert.deepEqual(read(transform([requests], [{ id: "organize", options: { excludeByName: { pod: true } }, disabled: true }]).frames), read([requests]));
  assert.match(transform([requests], [{ id: "spatial" }]).problems[0]!, /"spatial" is not known/);
});
