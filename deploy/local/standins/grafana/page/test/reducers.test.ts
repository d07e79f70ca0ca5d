import assert from "node:assert/strict";
import { test } from "node:test";
import { reduce } from "../src/reducers";

const VALUES = [null, 4, 6, 2, null];

test("each reducer makes one value of a series", () => {
  const expected: Record<string, unknown> = {
    lastNotNull: 2, last: null, first: null, firstNotNull: 4, min: 2, max: 6, mean: 4, sum: 12, count: 5,
  };
  for (const [id, value] of Object.entries(expected)) assert.equal(reduce(VALUES, id), value, id);
});

test("a series without values has no value", () => {
  assert.equal(reduce([], "mean"), null);
  assert.equal(reduce([null, null], "max"), null);
});
