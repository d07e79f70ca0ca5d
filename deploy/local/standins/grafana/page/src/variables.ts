// A dashboard's variables: their options, what is chosen, and the scope that texts are interpolated with.
import { type DataSource, explain, prometheus } from "./api";
import { toRegExp } from "./fields";
import { interpolate, namesIn, type Scope, type Value } from "./interpolate";
import { asArray, type DataSourceRef, isRecord, type Variable, type VariableOption } from "./model";
import { type Bounds, formatInterval, panelInterval, parseDuration } from "./time";

export const ALL = "$__all";
export interface VariableState { variable: Variable; options: VariableOption[]; chosen: string[]; error?: string }
export type Chosen = Record<string, string[]>;
export interface Context { sources: DataSource[]; bounds: Bounds; builtIn: Scope }

/** The data source that a reference means; undefined when there is none of that name. */
export function resolveSource(ref: DataSourceRef | string | null | undefined, scope: Scope, sources: DataSource[]): DataSource | undefined {
  const wanted = interpolate((typeof ref === "string" ? ref : ref?.uid) ?? "", scope);
  if (wanted === "" || wanted === "default" || wanted === "-- Mixed --") return sources.find((source) => source.isDefault) ?? (sources.length === 1 ? sources[0] : undefined);
  return sources.find(({ uid }) => uid === wanted) ?? sources.find(({ name }) => name === wanted);
}

export const sourceName = (ref: DataSourceRef | string | null | undefined) => (typeof ref === "string" ? ref : ref?.uid) || "default";

const option = (value: string, text = value): VariableOption => ({ text, value });

/** Options of a comma list: `text : value` pairs, `\,` for a comma of its own. */
export function parseCustom(query: string): VariableOption[] {
  return (query.match(/(?:\\,|[^,])+/g) ?? []).map((part) => {
    const clean = part.replaceAll("\\,", ",").trim();
    const pair = /^\s*(.+)\s:\s(.+)$/.exec(clean);
    return pair ? option(pair[2]!.trim(), pair[1]!.trim()) : option(clean);
  });
}

/** What the regular expression keeps of the options, by its first group or by those named text and value; doubles go. */
export function filterOptions(options: VariableOption[], regex: string): VariableOption[] {
  const pattern = regex === "" ? undefined : toRegExp(regex);
  const kept = options.flatMap((one) => {
    if (!pattern) return [one];
    const match = pattern.exec(one.text) ?? pattern.exec(one.value);
    if (!match) return [];
    const { text, value } = match.groups ?? {};
    if (text !== undefined || value !== undefined) return [option(value ?? text!, text ?? value!)];
    return match[1] === undefined ? [one] : [option(match[1])];
  });
  return kept.filter((one, at) => kept.findIndex(({ value }) => value === one.value) === at);
}

export function sortOptions(options: VariableOption[], sort: number): VariableOption[] {
  const compare: ((a: string, b: string) => number) | undefined = [
    undefined,
    (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0),
    (a: string, b: string) => Number(/\d+/.exec(a)?.[0] ?? -1) - Number(/\d+/.exec(b)?.[0] ?? -1),
    (a: string, b: string) => a.toLowerCase().localeCompare(b.toLowerCase()),
    (a: string, b: string) => a.localeCompare(b, "en", { numeric: true }),
  ][Math.ceil(sort / 2)];
  return compare ? options.toSorted((a, b) => compare(a.text, b.text) * (sort % 2 === 0 ? -1 : 1)) : options;
}

const queryText = ({ query, definition }: Variable): string => (typeof query === "string" ? query : isRecord(query) && typeof query["query"] === "string" ? query["query"] : (definition ?? ""));

/** The answer of Prometheus to a query such as `label_values(up, job)`. */
async function askPrometheus(uid: string, query: string, { bounds }: Context): Promise<VariableOption[]> {
  const window = `start=${Math.floor(bounds.from / 1000)}&end=${Math.ceil(bounds.to / 1000)}`;
  const selector = (text: string | undefined) => (text ? `&match[]=${encodeURIComponent(text)}` : "");
  const values = /^label_values\((?:(.+),)?\s*([a-zA-Z_$][\w.]*)\s*\)\s*$/s.exec(query);
  if (values) return (await prometheus<string[]>(uid, `label/${encodeURIComponent(values[2]!)}/values?${window}${selector(values[1]?.trim())}`)).map((one) => option(one));
  const names = /^label_names\((.*)\)\s*$/s.exec(query);
  if (names) return (await prometheus<string[]>(uid, `labels?${window}${selector(names[1]?.trim())}`)).map((one) => option(one));
  const result = /^query_result\((.+)\)\s*$/s.exec(query);
  if (result) {
    const found = await prometheus<{ resultType: string; result: unknown }>(uid, `query?query=${encodeURIComponent(result[1]!)}&time=${bounds.to / 1000}`);
    if (found.resultType !== "vector") return [option(String((found.result as unknown[])[1]))];
    return (found.result as { metric: Record<string, string>; value: [number, string] }[]).map(({ metric, value }) => option(`${seriesName(metric)} ${value[1]} ${value[0] * 1000}`));
  }
  throw new Error(`${query} is not known to this stand-in for Grafana, which knows label_values, label_names and query_result.`);
}

function seriesName({ __name__: name = "", ...labels }: Record<string, string>): string {
  return `${name}{${Object.entries(labels).map(([label, value]) => `${label}="${value}"`).join(",")}}`;
}

async function findOptions(variable: Variable, scope: Scope, context: Context): Promise<VariableOption[]> {
  const text = queryText(variable);
  switch (variable.type) {
    case "query": {
      if (text.trim() === "") return [];
      const source = resolveSource(variable.datasource, scope, context.sources);
      if (!source) throw new Error(`Datasource named ${sourceName(variable.datasource)} was not found`);
      const found = await askPrometheus(source.uid, interpolate(text, { ...context.builtIn, ...scope }, "prometheus"), context);
      return sortOptions(filterOptions(found, interpolate(variable.regex ?? "", scope)), variable.sort ?? 0);
    }
    case "custom": return parseCustom(interpolate(text, scope));
    case "interval": {
      const fixed = parseCustom(text);
      return variable.auto ? [option("$__auto", "auto"), ...fixed] : fixed;
    }
    case "datasource": {
      const pattern = toRegExp(interpolate(variable.regex ?? "", scope) || "/.*/");
      return context.sources.filter(({ type, name }) => type === text && pattern?.test(name)).map(({ uid, name }) => option(uid, name));
    }
    case "constant": return [option(text)];
    case "textbox": return [];
    default: throw new Error(`Variables of the type "${variable.type}" are not known to this stand-in for Grafana.`);
  }
}

/** What is chosen among `options`: what was wanted if it is still there, else All where that is offered, else the first. */
export function choose(variable: Variable, options: VariableOption[], wanted: string[]): string[] {
  if (variable.type === "constant") return options.map(({ value }) => value);
  if (variable.type === "textbox") return [wanted[0] ?? queryText(variable)];
  if (variable.includeAll && wanted.some((one) => one === ALL || one === "All")) return [ALL];
  const found = wanted.flatMap((one) => options.find(({ value, text }) => value === one || text === one)?.value ?? []);
  if (found.length > 0) return variable.multi ? found : found.slice(0, 1);
  if (variable.type === "datasource" && wanted.includes("default") && options[0]) return [options[0].value];
  if (options.length === 0) return variable.includeAll ? [ALL] : [];
  return variable.includeAll ? [ALL] : [options[0]!.value];
}

/** The value of a variable as texts see it. */
export function valueOf({ variable, options, chosen }: VariableState, { bounds }: Pick<Context, "bounds">): Value {
  const flags = { multi: Boolean(variable.multi), includeAll: Boolean(variable.includeAll) };
  const text = chosen.map((one) => (one === ALL ? "All" : (options.find(({ value }) => value === one)?.text ?? one)));
  if (chosen[0] === ALL) {
    const all = options.map(({ value }) => value);
    return { ...flags, value: all, text: "All", ...(variable.allValue && { allValue: variable.allValue }) };
  }
  if (variable.type === "interval" && chosen[0] === "$__auto") {
    const least = parseDuration(variable.auto_min ?? "10s") ?? 10_000;
    return { ...flags, text: "auto", value: formatInterval(panelInterval(bounds, variable.auto_count ?? 30, least)) };
  }
  return variable.multi ? { ...flags, value: chosen, text } : { ...flags, value: chosen[0] ?? "", text: text[0] ?? "" };
}

/** Every variable with its options and its choice, each after those that it depends on. */
export async function loadVariables(variables: Variable[], wanted: Chosen, context: Context): Promise<{ states: VariableState[]; scope: Scope }> {
  const scope: Scope = {};
  const states = new Map<Variable, VariableState>();
  const names = new Set(variables.map(({ name }) => name));
  const needs = (variable: Variable) => [...namesIn([queryText(variable), variable.regex ?? "", sourceName(variable.datasource)].join(" "))].filter((name) => names.has(name) && name !== variable.name && !(name in scope));
  while (states.size < variables.length) {
    const waiting = variables.filter((variable) => !states.has(variable));
    const ready = waiting.filter((variable) => needs(variable).length === 0);
    // Variables that depend on one another in a circle come in the order of the file.
    await Promise.all((ready.length > 0 ? ready : waiting.slice(0, 1)).map(async (variable) => {
      const saved = asArray(variable.current?.value as string | string[] | undefined);
      const state: VariableState = { variable, options: [], chosen: [] };
      try {
        state.options = await findOptions(variable, { ...scope }, context);
      } catch (fault) {
        state.error = explain(fault);
      }
      state.chosen = choose(variable, state.options, wanted[variable.name] ?? saved);
      states.set(variable, state);
    }));
    for (const [variable, state] of states) scope[variable.name] ??= valueOf(state, context);
  }
  return { states: variables.map((variable) => states.get(variable)!), scope };
}
