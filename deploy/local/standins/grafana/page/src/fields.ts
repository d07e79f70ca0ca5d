// Field configuration: overrides, display names, thresholds, value mappings, and the text and colour of a value.
import { classic, classicByName, continuous, cssColor } from "./colors";
import { interpolate, type Scope } from "./interpolate";
import { type Field, type FieldConfig, type Frame, isRecord, type Mapping, type MappingResult, type Override, type Panel, type Step } from "./model";
import { reduce } from "./reducers";
import { formatTime } from "./time";
import { formatUnit } from "./units";

export interface Shown { text: string; color: string; value: unknown; part: number }

const formatLabels = (labels: Record<string, string>) => {
  const pairs = Object.entries(labels).filter(([name]) => name !== "__name__").map(([name, value]) => `${name}="${value}"`);
  return pairs.length > 0 ? `{${pairs.join(", ")}}` : "";
};

/** The labels by which the frames differ; all of them where none does. */
function tellingLabels(field: Field, frames: Frame[]): Record<string, string> {
  const all = frames.flatMap((frame) => frame.fields).flatMap(({ labels }) => (labels ? [labels] : []));
  const entries = Object.entries(field.labels ?? {}).filter(([name]) => name !== "__name__");
  const telling = entries.filter(([name, value]) => all.some((labels) => labels[name] !== value));
  return Object.fromEntries(telling.length > 0 ? telling : entries);
}

/** The name that a field is shown by. */
export function displayName(field: Field, frame: Frame, frames: Frame[], scope: Scope = {}): string {
  const { displayName: chosen, displayNameFromDS } = field.config;
  if (chosen) {
    const own = { ...field.config };
    delete own.displayName;
    const plain = displayName({ ...field, config: own }, frame, frames);
    const labels = { value: formatLabels(field.labels ?? {}), text: "", fields: field.labels ?? {} };
    const text = chosen.replace(/\$\{__field\.labels\.(\w+)\}/g, (_, name: string) => field.labels?.[name] ?? "").replace(/\$\{__field\.(displayName|name)\}/g, plain);
    return interpolate(text, { ...scope, __series: { value: plain, text: plain, fields: { name: plain } }, __field: labels });
  }
  if (displayNameFromDS) return displayNameFromDS;
  if (field.type === "time") return field.name || "Time";
  const isNamed = frames.length > 1 && frames.some(({ name }) => name !== frame.name) && frame.name;
  const labels = tellingLabels(field, frames);
  const values = Object.values(labels);
  const label = values.length === 1 ? values[0]! : formatLabels(labels);
  const parts = [isNamed ? frame.name : "", field.name === "Value" ? "" : field.name, label].filter(Boolean);
  return parts.length > 0 ? parts.join(" ") : frame.name || field.name || "Value";
}

/** The ways in which an override may choose its fields. */
export const MATCHERS = ["byName", "byNames", "byRegexp", "byType", "byFrameRefID"];

function matches({ matcher: { id, options } }: Override, field: Field, frame: Frame, name: string): boolean {
  const isNamed = (one: unknown) => one === name || one === field.name;
  if (id === "byName") return isNamed(options);
  if (id === "byNames" && isRecord(options) && Array.isArray(options["names"])) return options["names"].some(isNamed) === (options["mode"] !== "exclude");
  if (id === "byRegexp") return toRegExp(String(options))?.test(name) ?? false;
  if (id === "byType") return field.type === options;
  if (id === "byFrameRefID") return frame.refId === options;
  return false;
}

/** The regular expression of `/…/flags`, or one that is the whole text; undefined when it is none. */
export function toRegExp(text: string): RegExp | undefined {
  const match = /^\/(.*)\/([a-z]*)$/s.exec(text);
  try {
    return match ? new RegExp(match[1]!, match[2]!.replaceAll("g", "")) : new RegExp(`^${text}$`);
  } catch {
    return undefined;
  }
}

/** Frames whose fields carry the panel's configuration and their display name. */
export function configure(frames: Frame[], { fieldConfig }: Pick<Panel, "fieldConfig">, scope: Scope = {}): Frame[] {
  const configured = frames.map((frame) => ({ ...frame, fields: frame.fields.map((field) => configureField(field, frame, frames, fieldConfig, scope)) }));
  return configured.map((frame) => ({
    ...frame,
    fields: frame.fields.map((field) => ({ ...field, config: { ...field.config, displayName: displayName(field, frame, configured, scope) } })),
  }));
}

function configureField(field: Field, frame: Frame, frames: Frame[], fieldConfig: Panel["fieldConfig"], scope: Scope): Field {
  const { defaults = {}, overrides = [] } = fieldConfig ?? {};
  const config: FieldConfig & Record<string, unknown> = { ...field.config, ...defaults, custom: { ...defaults.custom } };
  const name = displayName(field, frame, frames, scope);
  for (const override of overrides.filter((one) => matches(one, field, frame, name))) {
    for (const { id, value } of override.properties) {
      if (id.startsWith("custom.")) config.custom![id.slice(7)] = value;
      else config[id] = value;
    }
  }
  return { ...field, config };
}

/** The step that `value` has reached; percentages lie between the field's ends. */
export function thresholdStep(value: number, config: FieldConfig, ends: [number, number]): Step {
  const { mode, steps } = config.thresholds ?? { steps: [{ value: null, color: "green" }] };
  const compared = mode === "percentage" ? ((value - ends[0]) / (ends[1] - ends[0] || 1)) * 100 : value;
  return steps.findLast((step) => step.value === null || step.value === undefined || step.value <= compared) ?? steps[0] ?? { value: null, color: "green" };
}

export function mapValue(value: unknown, mappings: Mapping[] = []): MappingResult | undefined {
  for (const mapping of mappings) {
    if (mapping.type === "value") {
      const found = value === null || value === undefined ? undefined : mapping.options[String(value)];
      if (found) return found;
    } else if (mapping.type === "range") {
      const { from, to, result } = mapping.options;
      if (typeof value === "number" && value >= (from ?? -Infinity) && value <= (to ?? Infinity)) return result;
    } else if (mapping.type === "regex") {
      const pattern = toRegExp(mapping.options.pattern);
      if (typeof value === "string" && pattern?.test(value)) {
        const { text } = mapping.options.result;
        return text === undefined ? mapping.options.result : { ...mapping.options.result, text: value.replace(pattern, text) };
      }
    } else {
      const isNull = value === null || value === undefined;
      const tests: Record<string, boolean> = { null: isNull, nan: Number.isNaN(value), "null+nan": isNull || Number.isNaN(value), true: value === true, false: value === false, empty: value === "" };
      if (tests[mapping.options.match]) return mapping.options.result;
    }
  }
  return undefined;
}

/** Where the field's scale begins and ends: as configured, else as the data has it. */
export function scaleEnds(fields: Field[]): [number, number] {
  const numeric = fields.filter(({ type }) => type === "number");
  const ends = numeric.map(({ config, values }) => [config.min ?? reduce(values, "min") ?? 0, config.max ?? reduce(values, "max") ?? 100] as [number, number]);
  const [low, high] = [Math.min(...ends.map(([min]) => min)), Math.max(...ends.map(([, max]) => max))];
  return Number.isFinite(low) && Number.isFinite(high) ? [low, high] : [0, 100];
}

/** The colour of a whole series. */
export function seriesColor(field: Field, index: number): string {
  const { mode = "palette-classic", fixedColor = "gray", seriesBy = "last" } = field.config.color ?? {};
  if (mode === "fixed" || mode === "shades") return cssColor(fixedColor);
  if (mode === "palette-classic-by-name") return classicByName(field.config.displayName ?? field.name);
  if (mode !== "thresholds" && !mode.startsWith("continuous-")) return classic(index);
  const value = reduce(field.values, seriesBy === "last" ? "lastNotNull" : seriesBy);
  return valueColor(typeof value === "number" ? value : 0, field, index, scaleEnds([field]));
}

function valueColor(value: number, field: Field, index: number, ends: [number, number]): string {
  const mode = field.config.color?.mode ?? "thresholds";
  if (mode === "thresholds") return cssColor(thresholdStep(value, field.config, ends).color);
  return continuous(mode, (value - ends[0]) / (ends[1] - ends[0] || 1)) ?? seriesColor(field, index);
}

/** A value as text, with its colour and its place between the ends of the scale. */
export function show(value: unknown, field: Field, zone: string, index = 0, ends: [number, number] = scaleEnds([field])): Shown {
  const { config } = field;
  const mapped = mapValue(value, config.mappings);
  const part = typeof value === "number" ? Math.min(1, Math.max(0, (value - ends[0]) / (ends[1] - ends[0] || 1))) : 0;
  const color = mapped?.color ? cssColor(mapped.color) : valueColor(typeof value === "number" ? value : -Infinity, field, index, ends);
  return { text: mapped?.text ?? plainText(value, field, zone), color, value, part };
}

function plainText(value: unknown, { type, config }: Field, zone: string): string {
  if (value === null || value === undefined) return config.noValue ?? "";
  if (type === "time") return config.unit && config.unit !== "time" ? formatUnit(Number(value), config.unit, config.decimals, zone) : formatTime(Number(value), zone);
  if (typeof value === "number") return formatUnit(value, config.unit, config.decimals, zone);
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
