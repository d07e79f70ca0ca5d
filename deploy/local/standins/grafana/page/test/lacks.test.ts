import assert from "node:assert/strict";
import { test } from "node:test";
import { seriesColor } from "../src/fields";
import { interpolate } from "../src/interpolate";
import { type Panel } from "../src/model";
import { lacksOf } from "../src/panels/lacks";

const panel = (part: object) => ({ id: 1, type: "stat", gridPos: { x: 0, y: 0, w: 12, h: 8 }, targets: [{ refId: "A", expr: "up", exemplar: false }], ...part }) as Panel;

test("a panel of what this page draws lacks nothing", () => {
  const fieldConfig = { defaults: { color: { mode: "continuous-GrYlRd" }, custom: { cellOptions: { type: "color-background" } } }, overrides: [{ matcher: { id: "byRegexp" }, properties: [{ id: "color", value: { mode: "fixed" } }] }] };
  assert.deepEqual(lacksOf(panel({ fieldConfig, options: { showPercentChange: false, reduceOptions: { calcs: ["lastNotNull"] }, legend: { calcs: ["mean"] } }, links: [] })), []);
});

test("what a panel has beyond that is named, each thing once", () => {
  const fieldConfig = { defaults: { color: { mode: "shades" }, links: [{}] }, overrides: [{ matcher: { id: "byValue" }, properties: [{ id: "custom.cellOptions", value: { type: "sparkline" } }] }, { matcher: { id: "byValue" }, properties: [] }] };
  const found = lacksOf(panel({ fieldConfig, libraryPanel: { uid: "x" }, options: { showPercentChange: true, reduceOptions: { calcs: ["changeCount"] } }, targets: [{ refId: "A", expr: "up", exemplar: true }, { refId: "B", type: "math" }] }));
  assert.deepEqual(found, ["what it has from a library panel", "the links of its values", "the change in percent", "exemplars", "the query B, which is not PromQL", "the calculation changeCount", "the colours shades", "cells of the type sparkline", "overrides byValue"]);
});

test("a colour mode that nobody knows is drawn as a palette", () => {
  assert.equal(seriesColor({ name: "x", type: "number", config: { color: { mode: "new-mode" } }, values: [1] }, 0), "#73BF69");
});

test("a title says All, whatever All stands for in a query", () => {
  assert.equal(interpolate("Memory of $pod", { pod: { value: ["a", "b"], text: "All", includeAll: true, allValue: ".+" } }, "text"), "Memory of All");
});
