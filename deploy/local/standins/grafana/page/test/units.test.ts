import assert from "node:assert/strict";
import { test } from "node:test";
import { formatUnit } from "../src/units";

const reads = (cases: [number, string, string, number?][]) => {
  for (const [value, unit, text, decimals] of cases) assert.equal(formatUnit(value, unit, decimals, "utc"), text, `${value} ${unit}`);
};

test("a number has three significant digits unless decimals are given", () => {
  reads([[1234, "short", "1.23 K"], [12, "short", "12"], [0.12345, "none", "0.123"], [1234, "short", "1.2 K", 1], [2_500_000, "short", "2.50 Mil"]]);
});

test("percent is as given, percentunit a hundredfold", () => {
  reads([[12.34, "percent", "12.3%"], [0.5, "percentunit", "50%"], [0.1234, "percentunit", "12.3%"]]);
});

test("bytes go by 1024 and decbytes by 1000", () => {
  reads([[1.5 * 1024 ** 2, "bytes", "1.50 MiB"], [1500, "decbytes", "1.50 kB"], [512, "bytes", "512 B"], [1500, "Bps", "1.50 kB/s"], [1536, "binBps", "1.50 KiB/s"], [2000, "bps", "2 kb/s"]]);
});

test("throughput writes its thousands before the unit", () => {
  reads([[1230, "reqps", "1.23K req/s"], [3, "ops", "3 ops/s"], [5, "rps", "5 rd/s"], [7, "wps", "7 wr/s"], [9, "iops", "9 io/s"], [2, "eps", "2 evt/s"], [4, "cps", "4 c/s"], [6, "opm", "6 ops/m"], [1500, "pps", "1.50 kp/s"]]);
});

test("a length of time is shown in the unit that fits it", () => {
  reads([[0.0005, "s", "500 µs"], [0.25, "s", "250 ms"], [90, "s", "1.50 min"], [7200, "s", "2 hour"], [0, "s", "0 s"], [1500, "ms", "1.50 s"], [12, "ms", "12 ms"], [2e-9, "s", "2 ns"]]);
});

test("dtdurations is written out, one part more than its decimals", () => {
  reads([[3720, "dtdurations", "1 hour"], [3720, "dtdurations", "1 hour, 2 minutes", 1]]);
});

test("a date is written as ISO has it", () => {
  reads([[Date.UTC(2026, 0, 2, 3, 4, 5), "dateTimeAsIso", "2026-01-02 03:04:05"]]);
});

test("custom units have their own prefixes and suffixes", () => {
  reads([[5, "suffix: pods", "5 pods"], [5, "prefix:~", "~5"], [1500, "si:m", "1.50 km"], [1500, "count:beans", "1.50K beans"], [1, "bool:up/down", "up"], [0, "bool:up/down", "down"], [3, "currency:€", "€3"]]);
});

test("an unknown unit stands behind the number", () => reads([[3, "widgets", "3 widgets"]]));

test("what is no number is named", () => reads([[NaN, "short", "NaN"], [Infinity, "s", "Infinity"]]));
