// Grafana's units: how a number reads in each.
import { formatTime } from "./time";

type Format = (value: number, decimals: number | undefined, zone: string) => string;

/** Three significant digits, none after the point for a whole number, as Grafana chooses them by itself. */
export function fixed(value: number, decimals?: number): string {
  const places = decimals ?? (value % 1 === 0 ? 0 : Math.min(20, Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))))));
  return value.toFixed(places);
}

const scaled = (factor: number, suffixes: string[]): Format => (value, decimals) => {
  const power = value === 0 ? 0 : Math.min(suffixes.length - 1, Math.max(0, Math.floor(Math.log(Math.abs(value)) / Math.log(factor) + 1e-12)));
  return fixed(value / factor ** power, decimals) + suffixes[power]!;
};
const si = (unit: string, skip = 0) => scaled(1000, ["", "k", "M", "G", "T", "P", "E", "Z", "Y"].slice(skip).map((prefix) => ` ${prefix}${unit}`));
const binary = (unit: string, skip = 0) => scaled(1024, ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"].slice(skip).map((prefix) => ` ${prefix}${unit}`));
const count = (unit: string) => scaled(1000, ["", "K", "M", "B", "T"].map((prefix) => `${prefix}${unit && ` ${unit}`}`));
const suffixed = (suffix: string): Format => (value, decimals) => fixed(value, decimals) + suffix;

const STEPS: [number, string][] = [[1e-9, "ns"], [1e-6, "µs"], [1e-3, "ms"], [1, "s"], [60, "min"], [3600, "hour"], [86400, "day"], [604800, "week"], [31536000, "year"]];

/** A length of time given in units of `inSeconds`, never shown in a smaller one. */
const duration = (inSeconds: number): Format => (value, decimals) => {
  const own = STEPS.findIndex(([size]) => size === inSeconds);
  const seconds = Math.abs(value) * inSeconds;
  const smallest = inSeconds === 1 ? 0 : own;
  let place = seconds === 0 ? own : smallest;
  while (place < STEPS.length - 1 && seconds >= STEPS[place + 1]![0] * (1 - 1e-12) && seconds > 0) place++;
  return `${fixed((value * inSeconds) / STEPS[place]![0], decimals)} ${STEPS[place]![1]}`;
};

const PARTS: [number, string][] = [[31536000, "year"], [2628000, "month"], [604800, "week"], [86400, "day"], [3600, "hour"], [60, "minute"], [1, "second"], [0.001, "millisecond"]];

/** "1 hour, 2 minutes": as many parts as `decimals`, and one. */
const longDuration = (inSeconds: number): Format => (value, decimals) => {
  let rest = Math.abs(value) * inSeconds;
  const words: string[] = [];
  for (const [size, name] of PARTS) {
    if (words.length > (decimals ?? 0)) break;
    const whole = Math.floor(rest / size);
    if (whole === 0 && words.length === 0) continue;
    words.push(`${whole} ${name}${whole === 1 ? "" : "s"}`);
    rest -= whole * size;
  }
  return (words.join(", ") || "0 seconds") + (value < 0 ? " ago" : "");
};

/** What the panel editor offers, most used first, by the names that Grafana has for them. */
export const OFFERED_UNITS: Record<string, string> = {
  short: "Short", none: "Number", percentunit: "Percent (0.0-1.0)", percent: "Percent (0-100)", reqps: "requests/sec (rps)", s: "seconds (s)", ms: "milliseconds (ms)",
  bytes: "bytes(IEC)", decbytes: "bytes(SI)", Bps: "bytes/sec(SI)", bps: "bits/sec(SI)", pps: "packets/sec", ops: "ops/sec (ops)", cps: "counts/sec (cps)", rps: "reads/sec (rps)",
};

const FORMATS: Record<string, Format> = {
  none: suffixed(""), string: suffixed(""), sishort: si(""), short: scaled(1000, ["", " K", " Mil", " Bil", " Tri", " Quadr", " Quint", " Sext", " Sept"]),
  percent: suffixed("%"), percentunit: (value, decimals) => `${fixed(value * 100, decimals)}%`,
  bytes: binary("B"), decbytes: si("B"), kbytes: binary("B", 1), deckbytes: si("B", 1), mbytes: binary("B", 2), decmbytes: si("B", 2), gbytes: binary("B", 3), decgbytes: si("B", 3),
  bits: binary("b"), decbits: si("b"), Bps: si("B/s"), binBps: binary("B/s"), bps: si("b/s"), binbps: binary("b/s"), KBs: si("B/s", 1), Kbits: si("b/s", 1), MBs: si("B/s", 2), Mbits: si("b/s", 2),
  pps: si("p/s"), reqps: count("req/s"), ops: count("ops/s"), rps: count("rd/s"), wps: count("wr/s"), iops: count("io/s"), eps: count("evt/s"), cps: count("c/s"),
  reqpm: count("req/m"), opm: count("ops/m"), rpm: count("rd/m"), wpm: count("wr/m"), cpm: count("c/m"),
  ns: duration(1e-9), "µs": duration(1e-6), ms: duration(1e-3), s: duration(1), m: duration(60), h: duration(3600), d: duration(86400),
  dtdurationms: longDuration(0.001), dtdurations: longDuration(1),
  hertz: si("Hz"), celsius: suffixed(" °C"), fahrenheit: suffixed(" °F"), watt: si("W"), volt: si("V"), amp: si("A"), joule: si("J"),
  dateTimeAsIso: (value, _decimals, zone) => formatTime(value, zone), dateTimeFromNow: (value) => longDuration(0.001)(value - Date.now(), 0, ""),
  bool: (value) => (value === 0 ? "False" : "True"), bool_yes_no: (value) => (value === 0 ? "No" : "Yes"), bool_on_off: (value) => (value === 0 ? "Off" : "On"),
  currencyUSD: (value, decimals) => `$${count("")(value, decimals, "")}`, currencyEUR: (value, decimals) => `€${count("")(value, decimals, "")}`,
};

/** `value` as Grafana writes it in `unit`; a unit that nobody knows stands behind the number. */
export function formatUnit(value: number, unit = "none", decimals?: number | null, zone = "browser"): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
  const places = decimals ?? undefined;
  if (Object.hasOwn(FORMATS, unit)) return FORMATS[unit]!(value, places, zone);
  const [kind, rest] = [unit.slice(0, unit.indexOf(":")), unit.slice(unit.indexOf(":") + 1)];
  if (kind === "suffix") return fixed(value, places) + rest;
  if (kind === "prefix") return rest + fixed(value, places);
  if (kind === "si") return si(rest)(value, places, zone);
  if (kind === "count") return count(rest)(value, places, zone);
  if (kind === "currency") return rest + count("")(value, places, zone);
  if (kind === "time") return formatTime(value, zone);
  if (kind === "bool") return rest.split("/")[value === 0 ? 1 : 0] ?? rest;
  return fixed(value, places) + (unit === "" ? "" : ` ${unit}`);
}
