import assert from "node:assert/strict";
import { test } from "node:test";
import { configure, displayName, mapValue, show, thresholdStep } from "../src/fields";
import { alignSeries, readAnswer, toTable } from "../src/frames";
import { type Field, type Frame, type Mapping } from "../src/model";

const field = (part: Partial<Field>): Field => ({ name: "Value", type: "number", config: {}, values: [], ...part });
const frame = (...fields: Field[]): Frame => ({ refId: "A", fields });
const STEPS = [{ value: null, color: "green" }, { value: 50, color: "orange" }, { value: 80, color: "red" }];

test("the last step that a value has reached gives its colour", () => {
  const config = { thresholds: { mode: "absolute" as const, steps: STEPS } };
  assert.deepEqual([-5, 50, 79, 80].map((value) => thresholdStep(value, config, [0, 100]).color), ["green", "orange", "orange", "red"]);
});

test("thresholds in percent lie between min and max", () => {
  const config = { thresholds: { mode: "percentage" as const, steps: STEPS } };
  assert.deepEqual([10, 15, 18].map((value) => thresholdStep(value, config, [10, 20]).color), ["green", "orange", "red"]);
});

test("the first mapping that fits a value gives its text", () => {
  const mappings: Mapping[] = [
    { type: "value", options: { "1": { text: "up", color: "green" } } }, { type: "range", options: { from: 10, to: null, result: { text: "many" } } },
    { type: "regex", options: { pattern: "/^web-(.*)$/", result: { text: "site $1" } } }, { type: "special", options: { match: "null+nan", result: { text: "none" } } },
  ];
  assert.deepEqual([1, 12, "web-a", null, NaN, 5].map((value) => mapValue(value, mappings)?.text), ["up", "many", "site a", "none", "none", undefined]);
});

test("overrides apply in their order, by name, regular expression, type and query", () => {
  const config = { defaults: { unit: "short" }, overrides: [
    { matcher: { id: "byName", options: "cpu" }, properties: [{ id: "unit", value: "percentunit" }, { id: "custom.fillOpacity", value: 20 }] },
    { matcher: { id: "byRegexp", options: "/^mem/" }, properties: [{ id: "unit", value: "bytes" }] },
    { matcher: { id: "byFrameRefID", options: "B" }, properties: [{ id: "displayName", value: "second" }] },
  ] };
  const frames = [frame(field({ config: { displayNameFromDS: "cpu" } })), frame(field({ config: { displayNameFromDS: "memory" } })), { ...frame(field({})), refId: "B" }];
  const [cpu, memory, second] = configure(frames, { fieldConfig: config }).map(({ fields }) => fields[0]!.config);
  assert.deepEqual([cpu!.unit, cpu!.custom, memory!.unit, second!.displayName, second!.unit], ["percentunit", { fillOpacity: 20 }, "bytes", "second", "short"]);
});

test("a display name may speak of the field's labels", () => {
  const one = frame(field({ labels: { pod: "web-1" }, config: { displayName: "Pod ${__field.labels.pod}" } }));
  assert.equal(displayName(one.fields[0]!, one, [one]), "Pod web-1");
});

test("series without a legend are told apart by the label in which they differ", () => {
  const frames = ["a", "b"].map((pod) => frame(field({ labels: { job: "x", pod } })));
  assert.deepEqual(frames.map((one) => displayName(one.fields[0]!, one, frames)), ["a", "b"]);
});

test("a value is shown with its unit, mapped text and colour", () => {
  const shown = show(90, field({ values: [90], config: { unit: "percent", min: 0, max: 100, thresholds: { mode: "absolute", steps: STEPS } } }), "utc");
  assert.deepEqual([shown.text, shown.color, shown.part], ["90%", "#F2495C", 0.9]);
});

test("NaN and infinities come back from where the answer lists them", () => {
  const answer = { results: { A: { frames: [{ schema: { fields: [{ name: "Time", type: "time" }, { name: "Value", type: "number" }] }, data: { values: [[1, 2, 3], [null, null, 5]], entities: [null, { NaN: [0], Inf: [1] }] } }] } } };
  assert.deepEqual(readAnswer(answer, [{ refId: "A" }]).frames[0]!.fields[1]!.values, [NaN, Infinity, 5]);
});

test("the error of one query does not hide the results of another", () => {
  const good = { schema: { fields: [{ name: "Time", type: "time" }] }, data: { values: [[1]] } };
  const { frames, errors } = readAnswer({ results: { A: { frames: [good] }, B: { error: "parse error", status: 400 } } }, [{ refId: "A" }, { refId: "B" }]);
  assert.deepEqual([frames.length, errors], [1, ["B: parse error"]]);
});

test("a table has a column for each label, empty where a series lacks it", () => {
  const series = (labels: Record<string, string>, value: number) => frame(field({ name: "Time", type: "time", values: [1000] }), field({ labels, values: [value] }));
  const table = toTable([series({ pod: "a", node: "n" }, 1), series({ pod: "b" }, 2)], "Value #A");
  assert.deepEqual(table.fields.map(({ name, values }) => [name, values]), [["Time", [1000, 1000]], ["node", ["n", ""]], ["pod", ["a", "b"]], ["Value #A", [1, 2]]]);
});

test("a gap longer than the step is a null, a time that only others have is nothing", () => {
  const time = (values: number[]) => field({ name: "Time", type: "time", config: { interval: 10 }, values });
  const { times, series } = alignSeries([frame(time([0, 10, 40]), field({ values: [1, 2, 3] })), frame(time([5, 15]), field({ values: [7, 8] }))]);
  assert.deepEqual(times, [0, 5, 10, 15, 20, 40]);
  assert.deepEqual(series.map(({ values }) => values), [[1, undefined, 2, undefined, null, 3], [undefined, 7, undefined, 8, undefined, undefined]]);
});
