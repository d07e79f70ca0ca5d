// Grafana's named colours and schemes, and enough contrast for text in them.

const HUES: Record<string, [string, string, string, string, string]> = {
  red: ["#FFA6B0", "#FF7383", "#F2495C", "#E02F44", "#C4162A"], orange: ["#FFCB7D", "#FFB357", "#FF9830", "#FF780A", "#FA6400"],
  yellow: ["#FFF899", "#FFEE52", "#FADE2A", "#F2CC0C", "#E0B400"], green: ["#C8F2C2", "#96D98D", "#73BF69", "#56A64B", "#37872D"],
  blue: ["#C0D8FF", "#8AB8FF", "#5794F2", "#3274D9", "#1F60C4"], purple: ["#DEB6F2", "#CA95E5", "#B877D9", "#A352CC", "#8F3BB8"],
};
const SHADES = ["super-light-", "light-", "", "semi-dark-", "dark-"];
const NAMED = new Map(Object.entries(HUES).flatMap(([hue, tones]) => tones.map((tone, at) => [SHADES[at]! + hue, tone] as const)));
const CLASSIC = ["#73BF69", "#F2CC0C", "#8AB8FF", "#FF780A", "#F2495C", "#5794F2", "#B877D9", "#705DA0", "#37872D", "#FADE2A", "#447EBC", "#C15C17", "#890F02", "#0A437C", "#6D1F62", "#B7DBAB"];
const STOPS: Record<string, string> = { Gr: "#73BF69", Yl: "#FADE2A", Rd: "#F2495C", Bl: "#5794F2", Pu: "#B877D9" };
const ONE_HUE: Record<string, string> = { blues: "#5794F2", reds: "#F2495C", greens: "#73BF69", purples: "#B877D9" };

export const classic = (index: number) => CLASSIC[index % CLASSIC.length]!;
export const classicByName = (name: string) => classic([...name].reduce((hash, c) => ((hash << 5) - hash + c.charCodeAt(0)) >>> 0, 0));

/** A colour that CSS and canvas know, from Grafana's name for it. */
export function cssColor(name: string): string {
  if (name === "text") return isDark() ? "#ccccdc" : "#24292e";
  return NAMED.get(name) ?? (/^(#[0-9a-f]{3,8}|rgba?\([\d\s.,%]+\)|transparent|[a-z]+)$/i.test(name) ? name : "#808080");
}

/** Whereabouts in a continuous scheme `part` (0 to 1) lies; undefined for a scheme that is none. */
export function continuous(scheme: string, part: number): string | undefined {
  if (!scheme.startsWith("continuous-")) return undefined;
  const name = scheme.slice("continuous-".length);
  const hue = ONE_HUE[name];
  const stops = hue ? [isDark() ? "#22252b" : "#e6e6ea", hue] : [...name.matchAll(/[A-Z][a-z]/g)].map(([stop]) => STOPS[stop] ?? "#808080");
  const at = Math.min(1, Math.max(0, part)) * (stops.length - 1);
  const low = Math.min(stops.length - 2, Math.floor(at));
  return mix(stops[low] ?? "#808080", stops[low + 1] ?? "#808080", at - low);
}

export const isDark = () => typeof matchMedia === "function" && matchMedia("(prefers-color-scheme: dark)").matches;

function channels(color: string): number[] | undefined {
  const hex = /^#([0-9a-f]{3}|[0-9a-f]{6})([0-9a-f]{2})?$/i.exec(color)?.[1];
  if (hex) return (hex.length === 3 ? [...hex].map((c) => c + c) : hex.match(/../g)!).map((pair) => parseInt(pair, 16));
  return /^rgba?\(\s*(\d+)[\s,]+(\d+)[\s,]+(\d+)/.exec(color)?.slice(1).map(Number);
}

/** `share` of `b` in `a`. */
export function mix(a: string, b: string, share: number): string {
  const [from, to] = [channels(a), channels(b)];
  if (!from || !to) return a;
  return `#${from.map((part, at) => Math.round(part + (to[at]! - part) * share).toString(16).padStart(2, "0")).join("")}`;
}

export function withAlpha(color: string, alpha: number): string {
  const parts = channels(color);
  return parts ? `rgba(${parts.join(",")},${alpha})` : color;
}

function luminance(color: string): number {
  const [r, g, b] = (channels(color) ?? [128, 128, 128]).map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}

function contrast(a: string, b: string): number {
  const [dark, light] = [luminance(a), luminance(b)].toSorted((x, y) => x - y);
  return (light! + 0.05) / (dark! + 0.05);
}

/** `color`, made darker or lighter until text in it is read easily on `background`. */
export function readable(color: string, background = isDark() ? "#181b1f" : "#ffffff"): string {
  const target = luminance(background) > 0.18 ? "#000000" : "#ffffff";
  for (let share = 0; share < 1; share += 0.05) if (contrast(mix(color, target, share), background) >= 4.6) return mix(color, target, share);
  return target;
}

/** Black or white, whichever is read better on `background`. */
export const textOn = (background: string) => (contrast("#ffffff", background) >= contrast("#000000", background) ? "#ffffff" : "#000000");
