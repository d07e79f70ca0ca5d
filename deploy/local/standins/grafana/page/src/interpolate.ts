// Grafana's syntax for variables in text: $name, ${name}, ${name:format}, ${name.field}, [[name]].

export interface Value { value: string | string[]; text: string | string[]; multi?: boolean; includeAll?: boolean; allValue?: string; fields?: Record<string, string> }
export type Scope = Record<string, Value>;
export type DefaultFormat = "prometheus" | "text" | "raw";

const PATTERN = /\$(\w+)|\[\[(\w+?)(?::(\w+))?\]\]|\$\{(\w+)(?:\.([^:^}]+))?(?::([^}]+))?\}/g;
const REGEX_SPECIAL = /[\\^$.*+?()[\]{}|/]/g;

const list = (value: string | string[]) => (Array.isArray(value) ? value : [value]);
const quote = (mark: string, escaped: string) => (value: string | string[]) => list(value).map((one) => mark + one.replaceAll(mark, escaped) + mark).join(",");
const encode = (text: string) => encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

/** Escaped for a PromQL regular expression inside a quoted string, so with the backslashes doubled. */
function escapePrometheusRegex(text: string): string {
  return text.replace(/\\/g, "\\\\\\\\").replace(/[$^*{}[\]'+?.()|]/g, "\\\\$&");
}

function formatPrometheus({ value, multi, includeAll }: Value): string {
  if (!multi && !includeAll) return list(value).join(",").replace(/\\/g, "\\\\").replace(/'/g, "\\'");
  const escaped = list(value).map(escapePrometheusRegex);
  return escaped.length === 1 ? escaped[0]! : `(${escaped.join("|")})`;
}

const FORMATS: Record<string, (value: string | string[], name: string, text: string | string[]) => string> = {
  raw: (value) => list(value).join(","),
  csv: (value) => list(value).join(","),
  pipe: (value) => list(value).join("|"),
  glob: (value) => (list(value).length > 1 ? `{${list(value).join(",")}}` : list(value).join("")),
  json: (value) => JSON.stringify(value),
  text: (_value, _name, text) => list(text).join(" + "),
  queryparam: (value, name) => list(value).map((one) => `var-${name}=${encode(one)}`).join("&"),
  percentencode: (value) => encode(list(value).length > 1 ? `{${list(value).join(",")}}` : list(value).join("")),
  singlequote: quote("'", "\\'"),
  doublequote: quote('"', '\\"'),
  sqlstring: quote("'", "''"),
  regex: (value) => {
    const escaped = list(value).map((one) => one.replace(REGEX_SPECIAL, "\\$&"));
    return escaped.length === 1 ? escaped[0]! : `(${escaped.join("|")})`;
  },
  date: (value) => new Date(Number(list(value)[0])).toISOString(),
};

/** `text` with the variables of `scope` in it. What is not in the scope stays as it is, so that the server can see to it. */
export function interpolate(text: string, scope: Scope, standard: DefaultFormat = "raw"): string {
  return text.replace(PATTERN, (match, plain, bracket, bracketFormat, braced, field, bracedFormat) => {
    const name: string = plain ?? bracket ?? braced;
    const variable = Object.hasOwn(scope, name) ? scope[name] : undefined;
    if (!variable) return match;
    if (field !== undefined) return field === "text" ? list(variable.text).join(" + ") : (variable.fields?.[field] ?? list(variable.value).join(","));
    const format: string | undefined = bracketFormat ?? bracedFormat ?? (standard === "text" ? "text" : undefined);
    // A custom value for All goes in unescaped; it is written for the place where it stands.
    if (variable.allValue !== undefined && format !== "text" && format !== "queryparam") return variable.allValue;
    if (format === undefined) return standard === "prometheus" ? formatPrometheus(variable) : FORMATS[standard]!(variable.value, name, variable.text);
    const known = format.split(":")[0]!;
    return FORMATS[Object.hasOwn(FORMATS, known) ? known : "raw"]!(variable.value, name, variable.text);
  });
}

/** The names of variables that `text` speaks of. */
export function namesIn(text: string): Set<string> {
  return new Set([...text.matchAll(PATTERN)].map(([, plain, bracket, , braced]) => plain ?? bracket ?? braced ?? ""));
}

/** Every string inside `value` interpolated. */
export function interpolateAll<T>(value: T, scope: Scope): T {
  if (typeof value === "string") return interpolate(value, scope) as T;
  if (Array.isArray(value)) return value.map((one: unknown) => interpolateAll(one, scope)) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, interpolateAll(one as unknown, scope)])) as T;
}
