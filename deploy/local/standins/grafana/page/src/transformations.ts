// Grafana's transformations of data frames, in the order that a panel names them.
import { displayName } from "./fields";
import { asArray, type Field, type Frame, isRecord, rowCount, type Transformation } from "./model";
import { reduce, REDUCER_NAMES, reducerName } from "./reducers";

type Options = Record<string, unknown>;
type Transform = (frames: Frame[], options: Options) => Frame[];

const record = (value: unknown): Options => (isRecord(value) ? value : {});
const kindOf = (values: unknown[]): Field["type"] => {
  const value = values.find((one) => one !== null && one !== undefined);
  return typeof value === "number" ? "number" : typeof value === "boolean" ? "boolean" : "string";
};
const column = (name: string, values: unknown[], type = kindOf(values)): Field => ({ name, type, config: {}, values });
const renamed = (field: Field, name: string): Field => ({ ...field, config: { ...field.config, displayName: name } });
const rowsOf = (frame: Frame) => Array.from({ length: rowCount(frame) }, (_, row) => row);

/** The names of a frame's fields; equal ones are numbered. */
function namesOf(frame: Frame, frames: Frame[]): string[] {
  const names = frame.fields.map((field) => displayName(field, frame, frames));
  const seen = new Map<string, number>();
  return names.map((name) => {
    if (names.filter((other) => other === name).length === 1) return name;
    seen.set(name, (seen.get(name) ?? 0) + 1);
    return `${name} ${seen.get(name)}`;
  });
}

const organize: Transform = (frames, options) => {
  const of = (name: string) => record(options[name]);
  const [excluded, included, order, names] = [of("excludeByName"), of("includeByName"), of("indexByName"), of("renameByName")];
  const hasIncluded = Object.values(included).some(Boolean);
  const place = (name: string) => (typeof order[name] === "number" ? order[name] : Number.MAX_SAFE_INTEGER);
  return frames.map((frame) => {
    const own = namesOf(frame, frames);
    const kept = frame.fields
      .map((field, at) => ({ field, name: own[at]! }))
      .filter(({ name }) => !excluded[name] && (!hasIncluded || included[name]))
      .toSorted((a, b) => place(a.name) - place(b.name));
    return { ...frame, fields: kept.map(({ field, name }) => renamed(field, String(names[name] || name))) };
  });
};

const joinByField: Transform = (frames, options) => {
  const wanted = options["byField"];
  const joined = frames.flatMap((frame) => {
    const names = namesOf(frame, frames);
    const key = frame.fields.find(({ name, type }, at) => (wanted ? name === wanted || names[at] === wanted : type === "time"));
    return key ? [{ frame, key }] : [];
  });
  if (joined.length < 2) return frames;
  let keys = [...new Set(joined.flatMap(({ key }) => key.values))];
  if (options["mode"] === "inner") keys = keys.filter((value) => joined.every(({ key }) => key.values.includes(value)));
  if (joined[0]!.key.type === "time") keys.sort((a, b) => Number(a) - Number(b));
  const fields = joined.flatMap(({ frame, key }) => {
    const row = new Map(key.values.map((value, at) => [value, at]));
    return frame.fields
      .filter((field) => field !== key)
      .map((field) => ({ ...field, values: keys.map((value) => (row.has(value) ? field.values[row.get(value)!] : null)) }));
  });
  return [{ ...(joined[0]!.frame.refId && { refId: joined[0]!.frame.refId }), fields: [{ ...joined[0]!.key, values: keys }, ...fields] }];
};

const merge: Transform = (frames) => {
  const filled = frames.filter(({ fields }) => fields.length > 0);
  if (filled.length < 2) return frames;
  const plain = filled.map((frame) => ({ frame, names: namesOf(frame, frames) }));
  const names = [...new Set(plain.flatMap((one) => one.names))];
  const shared = names.filter((name) => plain.every((one) => one.names.includes(name)));
  const rows: Map<string, unknown>[] = [];
  const byKey = new Map<string, Map<string, unknown>[]>();
  for (const { frame, names: own } of plain) {
    for (const at of rowsOf(frame)) {
      const row = new Map(own.map((name, place) => [name, frame.fields[place]!.values[at]]));
      const key = JSON.stringify(shared.map((name) => row.get(name)));
      const alike = byKey.get(key) ?? [];
      const fitting = shared.length > 0 ? alike.find((other) => [...row].every(([name, value]) => !other.has(name) || other.get(name) === value)) : undefined;
      if (fitting) row.forEach((value, name) => fitting.set(name, value));
      else {
        rows.push(row);
        byKey.set(key, [...alike, row]);
      }
    }
  }
  const fields = names.map((name): Field => {
    const { frame, names: own } = plain.find((one) => one.names.includes(name))!;
    return { ...frame.fields[own.indexOf(name)]!, name, values: rows.map((row) => row.get(name) ?? null) };
  });
  return [{ ...(filled[0]!.refId && { refId: filled[0]!.refId }), fields }];
};

const groupBy: Transform = (frames, options) => {
  const settings = record(options["fields"]);
  return frames.map((frame) => {
    const names = namesOf(frame, frames);
    const wanted = frame.fields.map((field, at) => ({ field, name: names[at]!, setting: record(settings[names[at]!]) }));
    const keys = wanted.filter(({ setting }) => setting["operation"] === "groupby");
    if (keys.length === 0) return frame;
    const groups = new Map<string, number[]>();
    for (const row of rowsOf(frame)) {
      const key = JSON.stringify(keys.map(({ field }) => field.values[row]));
      groups.set(key, [...(groups.get(key) ?? []), row]);
    }
    const sets = [...groups.values()];
    const sums = wanted.flatMap(({ field, name, setting }) => {
      const ids = setting["operation"] === "aggregate" ? asArray(setting["aggregations"] as string[]) : [];
      return ids.map((id) => {
        if (!Object.hasOwn(REDUCER_NAMES, id)) throw new Error(`The calculation "${id}" of groupBy is not known to this stand-in for Grafana.`);
        const values = sets.map((rows) => reduce(rows.map((row) => field.values[row]), id));
        return { ...column(`${name} (${id})`, values), config: field.config };
      });
    });
    const heads = keys.map(({ field }) => ({ ...field, values: sets.map(([first]) => field.values[first!]) }));
    return { ...frame, fields: [...heads, ...sums] };
  });
};

const OPERATORS: Record<string, (a: number, b: number) => number> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "**": (a, b) => a ** b,
  "%": (a, b) => a % b,
};

/** One side of a binary calculation: its name, and its value in each row. */
function operand(of: unknown, numeric: { field: Field; name: string }[]): { name: string; at: (row: number) => number | null } {
  const name = String((isRecord(of) ? (of["fixed"] ?? record(of["matcher"])["options"]) : of) ?? "");
  const found = numeric.find((one) => one.name === name || one.field.name === name)?.field;
  const fixed = name === "" || Number.isNaN(Number(name)) ? null : Number(name);
  return { name, at: (row) => (found ? (found.values[row] as number | null) : fixed) };
}

function calculate(frame: Frame, numeric: { field: Field; name: string }[], options: Options): Field {
  const mode = options["mode"] ?? "reduceRow";
  if (mode === "binary") {
    const { left, right, operator = "+" } = record(options["binary"]);
    const [a, b, apply] = [operand(left, numeric), operand(right, numeric), OPERATORS[String(operator)]];
    const values = rowsOf(frame).map((row) => {
      const [x, y] = [a.at(row), b.at(row)];
      return apply && x !== null && y !== null ? apply(x, y) : null;
    });
    return column(`${a.name} ${String(operator)} ${b.name}`, values, "number");
  }
  if (mode !== "reduceRow") throw new Error(`The mode "${String(mode)}" of calculateField is not known to this stand-in for Grafana.`);
  const { reducer = "sum", include } = record(options["reduce"]);
  const chosen = numeric.filter(({ name, field }) => !Array.isArray(include) || include.includes(name) || include.includes(field.name));
  const values = rowsOf(frame).map((row) => reduce(chosen.map(({ field }) => field.values[row]), String(reducer)));
  return column(reducerName(String(reducer)), values, "number");
}

const calculateField: Transform = (frames, options) =>
  frames.map((frame) => {
    const names = namesOf(frame, frames);
    const numeric = frame.fields.flatMap((field, at) => (field.type === "number" ? [{ field, name: names[at]! }] : []));
    const plain = calculate(frame, numeric, options);
    const alias = options["alias"] ? String(options["alias"]) : "";
    const result = alias ? renamed({ ...plain, name: alias }, alias) : plain;
    const kept = options["replaceFields"] ? frame.fields.filter(({ type }) => type === "time") : frame.fields;
    return { ...frame, fields: [...kept, result] };
  });

const TRANSFORMS: Record<string, Transform> = {
  organize,
  joinByField,
  seriesToColumns: joinByField,
  merge,
  groupBy,
  calculateField,
};

/** The frames after every transformation; what could not be done is said in `problems`. */
export function transform(frames: Frame[], transformations: Transformation[] = []): { frames: Frame[]; problems: string[] } {
  const problems: string[] = [];
  let current = frames;
  for (const { id, options, disabled } of transformations) {
    if (disabled) continue;
    const apply = Object.hasOwn(TRANSFORMS, id) ? TRANSFORMS[id] : undefined;
    if (!apply) {
      problems.push(`The transformation "${id}" is not known to this stand-in for Grafana, so it was left out.`);
      continue;
    }
    try {
      current = apply(current, options ?? {});
    } catch (fault) {
      problems.push(fault instanceof Error ? fault.message : String(fault));
    }
  }
  return { frames: current, problems };
}
