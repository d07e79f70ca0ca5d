// Time ranges, durations, and the intervals that Grafana derives from them.

export interface TimeRange { from: string; to: string }
export interface Bounds { from: number; to: number }

const UNIT_MS: Record<string, number> = { ms: 1, s: 1e3, m: 6e4, h: 36e5, d: 864e5, w: 6048e5, M: 2592e6, y: 31536e6 };

/** The milliseconds of a duration such as `1m30s` or `1d`; undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ms|[smhdwMy]))+$/.test(text)) return undefined;
  return [...text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhdwMy])/g)].reduce((sum, [, count, unit]) => sum + Number(count) * UNIT_MS[unit as string]!, 0);
}

/** The shortest whole unit, as Grafana prints an interval: 15s, 1m, 2h. */
export function formatInterval(ms: number): string {
  for (const unit of ["y", "w", "d", "h", "m", "s"]) if (ms >= UNIT_MS[unit]! && ms % UNIT_MS[unit]! === 0) return `${ms / UNIT_MS[unit]!}${unit}`;
  return `${ms}ms`;
}

// Up to the first number the interval is the second, in seconds.
const LADDER = [
  [0.01, 0.001], [0.015, 0.01], [0.035, 0.02], [0.075, 0.05], [0.15, 0.1], [0.35, 0.2], [0.75, 0.5], [1.5, 1], [3.5, 2], [7.5, 5], [12.5, 10],
  [17.5, 15], [25, 20], [45, 30], [90, 60], [210, 120], [450, 300], [750, 600], [1050, 900], [1500, 1200], [2700, 1800], [5400, 3600],
  [9000, 7200], [16200, 10800], [32400, 21600], [86400, 43200], [604800, 86400], [1814400, 604800], [3628800, 2592000],
] as const;

/** `$__interval` in milliseconds: the range over the points, rounded on Grafana's ladder, not below the minimum. */
export function panelInterval({ from, to }: Bounds, maxDataPoints: number, minMs: number): number {
  const exact = (to - from) / maxDataPoints / 1000;
  const rounded = LADDER.find(([limit]) => exact <= limit)?.[1] ?? 31536000;
  return Math.max(rounded * 1000, minMs);
}

/** What a wall clock in `zone` shows at `ms`, as if it were UTC. */
function toWall(ms: number, zone: string): Date {
  if (zone === "utc") return new Date(ms);
  const options: Intl.DateTimeFormatOptions = { hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" };
  const parts = Object.fromEntries(new Intl.DateTimeFormat("en-GB", zoneOption(zone, options)).formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
  return new Date(Date.UTC(parts["year"]!, parts["month"]! - 1, parts["day"], parts["hour"], parts["minute"], parts["second"], ms % 1000));
}

function fromWall(wall: number, zone: string): number {
  let guess = wall - (toWall(wall, zone).getTime() - wall);
  // A second step settles the hours around a change of the clocks.
  guess -= toWall(guess, zone).getTime() - wall;
  return guess;
}

function zoneOption(zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormatOptions {
  return zone === "" || zone === "browser" ? options : { ...options, timeZone: zone === "utc" ? "UTC" : zone };
}

function shiftMonths(wall: Date, months: number) {
  const day = wall.getUTCDate();
  wall.setUTCDate(1);
  wall.setUTCMonth(wall.getUTCMonth() + months);
  wall.setUTCDate(Math.min(day, new Date(Date.UTC(wall.getUTCFullYear(), wall.getUTCMonth() + 1, 0)).getUTCDate()));
}

function roundWall(wall: Date, unit: string, up: boolean) {
  const [y, mo, d, h, mi, s] = [wall.getUTCFullYear(), wall.getUTCMonth(), wall.getUTCDate(), wall.getUTCHours(), wall.getUTCMinutes(), wall.getUTCSeconds()];
  const next = up ? 1 : 0;
  const monday = d - ((wall.getUTCDay() + 6) % 7);
  const starts: Record<string, number> = {
    y: Date.UTC(y + next, 0), M: Date.UTC(y, mo + next), w: Date.UTC(y, mo, monday + 7 * next), d: Date.UTC(y, mo, d + next),
    h: Date.UTC(y, mo, d, h + next), m: Date.UTC(y, mo, d, h, mi + next), s: Date.UTC(y, mo, d, h, mi, s + next),
  };
  wall.setTime((starts[unit] ?? wall.getTime()) - next);
}

/** The instant of `now-6h`, `now/d`, epoch milliseconds, or a date; undefined when it is none. An end rounds up. */
export function parseTime(text: string, now: number, zone: string, isEnd: boolean): number | undefined {
  const trimmed = text.trim();
  if (/^\d{10,}$/.test(trimmed)) return Number(trimmed);
  if (!trimmed.startsWith("now")) {
    const match = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d))?)?$/.exec(trimmed);
    if (match) {
      const [y, mo, d, h = 0, mi = 0, s = 0] = match.slice(1).map((part) => (part === undefined ? undefined : Number(part)));
      return fromWall(Date.UTC(y!, mo! - 1, d, h, mi, s), zone);
    }
    const parsed = Date.parse(trimmed);
    return Number.isNaN(parsed) ? undefined : parsed;
  }
  const rest = trimmed.slice(3);
  if (!/^([+-]\d+[smhdwMy]|\/[smhdwMy])*$/.test(rest)) return undefined;
  const wall = toWall(now, zone);
  let hasTurned = false;
  for (const [part] of rest.matchAll(/[+-]\d+[smhdwMy]|\/[smhdwMy]/g)) {
    const unit = part.at(-1)!;
    const count = Number(part.slice(0, -1));
    hasTurned ||= part[0] === "/" || "dwMy".includes(unit);
    if (part[0] === "/") roundWall(wall, unit, isEnd);
    else if (unit === "M" || unit === "y") shiftMonths(wall, unit === "y" ? 12 * count : count);
    else wall.setTime(wall.getTime() + count * UNIT_MS[unit]!);
  }
  // Without days in it, the wall clock's turns have no part in the sum.
  return hasTurned ? fromWall(wall.getTime(), zone) : now + (wall.getTime() - toWall(now, zone).getTime());
}

export function resolveRange(range: TimeRange, now: number, zone: string): Bounds | undefined {
  const from = parseTime(range.from, now, zone, false);
  const to = parseTime(range.to, now, zone, true);
  return from === undefined || to === undefined || from >= to ? undefined : { from, to };
}

const LONG: Record<string, string> = { s: "second", m: "minute", h: "hour", d: "day", w: "week", M: "month", y: "year" };

/** "Last 6 hours", or the two instants in words. */
export function describeRange(range: TimeRange, zone: string): string {
  const last = /^now-(\d+)([smhdwMy])$/.exec(range.from);
  if (last && range.to === "now") return `Last ${last[1] === "1" ? "" : `${last[1]} `}${LONG[last[2]!]}${last[1] === "1" ? "" : "s"}`;
  const name = (text: string) => (text.startsWith("now") ? text : formatTime(parseTime(text, 0, zone, false) ?? 0, zone));
  return `${name(range.from)} to ${name(range.to)}`;
}

export function formatTime(ms: number, zone: string): string {
  if (!Number.isFinite(ms)) return "";
  return toWall(ms, zone).toISOString().slice(0, 19).replace("T", " ");
}

/** The zone that a dashboard names, or the browser's when it names none or one that the browser does not know. */
export function knownZone(zone: string | undefined): string {
  if (!zone || zone === "browser") return "browser";
  if (zone.toLowerCase() === "utc") return "utc";
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return zone;
  } catch {
    return "browser";
  }
}
