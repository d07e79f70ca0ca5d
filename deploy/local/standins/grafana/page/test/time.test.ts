import assert from "node:assert/strict";
import { test } from "node:test";
import { describeRange, formatInterval, formatTime, knownZone, panelInterval, parseDuration, parseTime } from "../src/time";

const NOW = Date.UTC(2026, 10, 26, 9, 30, 15);
const HOUR = 3_600_000;

test("a relative time counts back from now", () => {
  assert.equal(parseTime("now-6h", NOW, "utc", false), NOW - 6 * HOUR);
  assert.equal(parseTime("now", NOW, "utc", true), NOW);
});

test("a rounded time is the unit's first instant, and its last as an end", () => {
  assert.equal(parseTime("now/d", NOW, "utc", false), Date.UTC(2026, 10, 26));
  assert.equal(parseTime("now/d", NOW, "utc", true), Date.UTC(2026, 10, 27) - 1);
  assert.equal(parseTime("now-1M/M", NOW, "utc", false), Date.UTC(2026, 9, 1));
  assert.equal(parseTime("now/w", NOW, "utc", false), Date.UTC(2026, 10, 23));
});

test("a day of a time zone begins at its own midnight", () => {
  assert.equal(parseTime("now/d", NOW, "Europe/Berlin", false), Date.UTC(2026, 10, 25, 23));
  assert.equal(formatTime(NOW, "Europe/Berlin"), "2026-11-26 10:30:15");
});

test("a date without a zone is read in the dashboard's zone", () => {
  assert.equal(parseTime("2026-07-01 12:00", NOW, "Europe/Berlin", false), Date.UTC(2026, 6, 1, 10));
  assert.equal(parseTime("1764149415000", NOW, "utc", false), 1764149415000);
});

test("what is no time is refused", () => {
  for (const text of ["now-6", "nowhere", "tomorrow", ""]) assert.equal(parseTime(text, NOW, "utc", false), undefined, text);
});

test("$__interval is the range over the points, rounded on Grafana's ladder", () => {
  const interval = (hours: number) => formatInterval(panelInterval({ from: NOW - hours * HOUR, to: NOW }, 1000, 15_000));
  assert.deepEqual([1, 6, 24].map(interval), ["15s", "20s", "1m"]);
});

test("$__interval does not fall below the panel's minimum", () => {
  assert.equal(panelInterval({ from: NOW - HOUR, to: NOW }, 1000, 60_000), 60_000);
  assert.equal(panelInterval({ from: NOW - HOUR, to: NOW }, 1000, 0), 5000);
});

test("durations are sums of whole units", () => {
  assert.equal(parseDuration("1m30s"), 90_000);
  assert.equal(parseDuration("500ms"), 500);
  assert.equal(parseDuration("soon"), undefined);
});

test("a range is described in words", () => {
  assert.equal(describeRange({ from: "now-6h", to: "now" }, "utc"), "Last 6 hours");
  assert.equal(describeRange({ from: "now-1d", to: "now" }, "utc"), "Last day");
  assert.equal(describeRange({ from: String(NOW), to: String(NOW + 1000) }, "utc"), "2026-11-26 09:30:15 to 2026-11-26 09:30:16");
});

test("a time zone that nobody knows is the browser's", () => {
  assert.equal(knownZone("Mars/Olympus"), "browser");
  assert.equal(knownZone(""), "browser");
  assert.equal(knownZone("utc"), "utc");
});
