// Where panels stand: rows that collapse, repeats by a variable, and the grid of 24 columns on which panels float upward.
import { type Scope, type Value } from "./interpolate";
import { asArray, type GridPos, type Panel } from "./model";

export interface Placed { key: string; panel: Panel; scope: Scope; at: GridPos }
export interface Section { key: string; row?: Panel; isCollapsed: boolean; scope: Scope; panels: Placed[] }

const byPlace = (a: Panel, b: Panel) => a.gridPos.y - b.gridPos.y || a.gridPos.x - b.gridPos.x;

/** The scopes of a repeat: one for each chosen value of the variable; one without where there is none. */
function scopesOf(repeat: string | undefined, scope: Scope): { scope: Scope; suffix: string }[] {
  const variable = repeat ? scope[repeat] : undefined;
  const values = asArray(variable?.value).filter((value) => value !== "");
  if (!variable || values.length === 0) return [{ scope: {}, suffix: "" }];
  const texts = asArray(variable.text);
  return values.map((value, at) => {
    const one: Value = { value, text: texts.length === values.length ? texts[at]! : value, multi: Boolean(variable.multi), includeAll: Boolean(variable.includeAll) };
    return { scope: { [repeat!]: one }, suffix: `-${value}` };
  });
}

/** Files of old have heights such as 2.2; a grid has whole lines. */
const wholeLines = ({ x, y, w, h }: GridPos): GridPos => ({ x: Math.round(x), y: Math.round(y), w: Math.max(1, Math.round(w)), h: Math.max(1, Math.round(h)) });

function overlap(a: GridPos, b: GridPos): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

/** Panels of one section, repeated, then each as far up as nothing is in its way. */
export function placePanels(panels: Panel[], scope: Scope, local: Scope, prefix: string): Placed[] {
  const wanted: Placed[] = [];
  let shift = 0;
  for (const panel of panels.toSorted(byPlace)) {
    const { x, y, w, h } = wholeLines(panel.gridPos);
    const copies = scopesOf(panel.repeat, { ...scope, ...local });
    const isVertical = panel.repeatDirection === "v";
    const across = panel.repeat && !isVertical && copies.length > 0 && copies[0]!.suffix !== "" ? Math.min(copies.length, panel.maxPerRow ?? 4) : 1;
    const width = across > 1 || (panel.repeat && !isVertical && copies[0]!.suffix !== "") ? Math.floor(24 / across) : w;
    copies.forEach((copy, at) => {
      const place = isVertical ? { x, y: y + shift + at * h, w, h } : { x: width === w && across === 1 ? x : (at % across) * width, y: y + shift + Math.floor(at / across) * h, w: width, h };
      wanted.push({ key: `${prefix}${panel.id}${copy.suffix}`, panel, scope: { ...local, ...copy.scope }, at: place });
    });
    shift += (isVertical ? copies.length - 1 : Math.ceil(copies.length / across) - 1) * h;
  }
  const placed: Placed[] = [];
  for (const one of wanted) {
    const at = { ...one.at };
    while (placed.some((other) => overlap(at, other.at))) at.y++;
    while (at.y > 0 && !placed.some((other) => overlap({ ...at, y: at.y - 1 }, other.at))) at.y--;
    placed.push({ ...one, at });
  }
  return placed;
}

/** The sections of a dashboard: what stands before the first row, then each row with its panels. */
export function layOut(panels: Panel[], scope: Scope, toggled: Record<string, boolean>): Section[] {
  const groups: { row?: Panel; panels: Panel[] }[] = [{ panels: [] }];
  for (const panel of panels.toSorted(byPlace)) {
    if (panel.type === "row") groups.push({ row: panel, panels: [...(panel.collapsed ? (panel.panels ?? []) : [])] });
    else groups.at(-1)!.panels.push(panel);
  }
  return groups.flatMap(({ row, panels: own }): Section[] => {
    if (!row) return own.length > 0 ? [{ key: "top", isCollapsed: false, scope: {}, panels: placePanels(own, scope, {}, "") }] : [];
    return scopesOf(row.repeat, scope).map(({ scope: local, suffix }) => {
      const key = `row-${row.id}${suffix}`;
      return { key, row, isCollapsed: toggled[key] ?? Boolean(row.collapsed), scope: local, panels: placePanels(own, scope, local, `${key}-`) };
    });
  });
}
