// Grafana's transformations of data frames, in the order that a panel names them.
import { displayName, toRegExp } from "./fields";
import { asArray, type Field, type Frame, isRecord, rowCount, type Transformation } from "./model";
import { reduce, reducerName } from "./reducers";

type Options = Record<string, unknown>;
type Transform = (frames: Frame[], options: Options) => Frame[];

const record = (value: unknown): Options => (isRecord(value) ? value : {});
const kindOf = (values: unknown[]): Field["type"] => {
  const value = values.find((one) => one !== null && one !== undefined);
  return typeof value === "number" ? "number" : typeof value === "boolean" ? "boolean" : "string";
};
const column = (name: string, values: unknown[], type = kindOf(values)): Field => ({ name, type, config: {}, values });
const renamed = (field: Field, name: string): Field => ({ ...field, config: { ...field.config, displayName: name } });
const pick = (frame: Frame, rows: number[]): Frame => ({ ...frame, fields: frame.fields.map((field) => ({ ...field, values: rows.map((row) => field.values[row]) })) });
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
  const [excluded, included, order, names] = [options["excludeByName"], options["includeByName"], options["indexByName"], options["renameByName"]].map(record) as [
    Options,
    Options,
    Options,
    Options,
  ];
  const hasIncluded = Object.values(included).some(Boolean);
  return frames.map((frame) => {
    const fields = frame.fields.map((field, at) => ({ field, name: namesOf(frame, frames)[at]! }));
    const kept = fields.filter(({ name }) => !excluded[name] && (!hasIncluded || included[name]));
    const place = ({ name }: { name: string }) => (typeof order[name] === "number" ? (order[name] as number) : Infinity);
    const sorted = Object.keys(order).length > 0 ? kept.toSorted((a, b) => (place(a) === place(b) ? 0 : place(a) - place(b))) : kept;
    return { ...frame, fields: sorted.map(({ field, name }) => renamed(field, String(names[name] || name))) };
  });
};

const joinByField: Transform = (frames, options) => {
  const named = (frame: Frame) => {
    const names = namesOf(frame, frames);
    const at = options["byField"]
      ? frame.fields.findIndex((field, place) => field.name === options["byField"] || names[place] === options["byField"])
      : frame.fields.findIndex(({ type }) => type === "time");
    return at;
  };
  const joined = frames.flatMap((frame) => (named(frame) >= 0 ? [{ frame, key: frame.fields[named(frame)]! }] : []));
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

const groupBy: Transform = (frames, options) =>
  frames.map((frame) => {
    const settings = record(options["fields"]);
    const wanted = frame.fields.map((field, at) => ({ field, name: namesOf(frame, frames)[at]! })).map((one) => ({ ...one, setting: record(settings[one.name]) }));
    const keys = wanted.filter(({ setting }) => setting["operation"] === "groupby");
    if (keys.length === 0) return frame;
    const groups = new Map<string, number[]>();
    for (const row of rowsOf(frame)) {
      const key = JSON.stringify(keys.map(({ field }) => field.values[row]));
      groups.set(key, [...(groups.get(key) ?? []), row]);
    }
    const sets = [...groups.values()];
    const sums = wanted
      .filter(({ setting }) => setting["operation"] === "aggregate")
      .flatMap(({ field, name, setting }) =>
        asArray(setting["aggregations"] as string[]).map((id) => ({
          ...column(
            `${name} (${id})`,
            sets.map((rows) =>
              reduce(
                rows.map((row) => field.values[row]),
                id,
              ),
            ),
          ),
          config: field.config,
        })),
      );
    return { ...frame, fields: [...keys.map(({ field }) => ({ ...field, values: sets.map(([first]) => field.values[first!]) })), ...sums] };
  });

const OPERATORS: Record<string, (a: number, b: number) => number> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "**": (a, b) => a ** b,
  "%": (a, b) => a % b,
};

const calculateField: Transform = (frames, options) =>
  frames.map((frame) => {
    const names = namesOf(frame, frames);
    const numeric = frame.fields.map((field, at) => ({ field, name: names[at]! })).filter(({ field }) => field.type === "number");
    let result: Field;
    if (options["mode"] === "binary") {
      const { left, right, operator } = record(options["binary"]);
      const side = (of: unknown): ((row: number) => number | null) => {
        const name = isRecord(of) ? (of["fixed"] ?? record(of["matcher"])["options"]) : of;
        const found = numeric.find((one) => one.name === name || one.field.name === name)?.field;
        return found ? (row) => found.values[row] as number | null : () => (name === "" || Number.isNaN(Number(name)) ? null : Number(name));
      };
      const [a, b, apply] = [side(left), side(right), OPERATORS[String(operator ?? "+")]];
      result = column(
        `${String(isRecord(left) ? (record(left["matcher"])["options"] ?? left["fixed"]) : left)} ${String(operator ?? "+")} ${String(isRecord(right) ? (record(right["matcher"])["options"] ?? right["fixed"]) : right)}`,
        rowsOf(frame).map((row) => (apply && a(row) !== null && b(row) !== null ? apply(a(row)!, b(row)!) : null)),
        "number",
      );
    } else if ((options["mode"] ?? "reduceRow") === "reduceRow") {
      const { reducer = "sum", include } = record(options["reduce"]);
      const chosen = numeric.filter(({ name, field }) => !Array.isArray(include) || include.includes(name) || include.includes(field.name));
      result = column(
        reducerName(String(reducer)),
        rowsOf(frame).map((row) =>
          reduce(
            chosen.map(({ field }) => field.values[row]),
            String(reducer),
          ),
        ),
        "number",
      );
    } else throw new Error(`the mode "${String(options["mode"])}" of calculateField is not known to this stand-in`);
    if (options["alias"]) result = renamed({ ...result, name: String(options["alias"]) }, String(options["alias"]));
    return { ...frame, fields: options["replaceFields"] ? [...frame.fields.filter(({ type }) => type === "time"), result] : [...frame.fields, result] };
  });

const filterFieldsByName: Transform = (frames, options) => {
  const fits = (side: Options, name: string) =>
    asArray(side["names"] as string[]).includes(name) || (typeof side["pattern"] === "string" && (toRegExp(side["pattern"])?.test(name) ?? false));
  const [include, exclude] = [record(options["include"]), record(options["exclude"])];
  const has = (side: Options) => asArray(side["names"] as string[]).length > 0 || Boolean(side["pattern"]);
  return frames
    .map((frame) => ({
      ...frame,
      fields: frame.fields.filter(
        (field, at) =>
          [field.name, namesOf(frame, frames)[at]!].some((name) => !has(include) || fits(include, name)) && !(has(exclude) && fits(exclude, namesOf(frame, frames)[at]!)),
      ),
    }))
    .filter(({ fields }) => fields.length > 0);
};

const labelsToFields: Transform = (frames, options) => {
  const keep = options["keepLabels"] ? asArray(options["keepLabels"] as string[]) : undefined;
  const labelled = (field: Field) => Object.entries(field.labels ?? {}).filter(([name]) => !keep || keep.includes(name));
  if (options["mode"] === "rows")
    return frames.flatMap((frame) =>
      frame.fields
        .filter(({ labels }) => labels)
        .map((field) => ({
          ...frame,
          fields: [
            column(
              "label",
              labelled(field).map(([name]) => name),
            ),
            column(
              "value",
              labelled(field).map(([, value]) => value),
            ),
          ],
        })),
    );
  const wide = frames.map((frame) => {
    const labels = new Map(frame.fields.flatMap(labelled));
    const named = typeof options["valueLabel"] === "string" ? labels.get(options["valueLabel"]) : undefined;
    if (named !== undefined) labels.delete(options["valueLabel"] as string);
    const columns = [...labels].map(([name, value]) =>
      column(
        name,
        rowsOf(frame).map(() => value),
        "string",
      ),
    );
    const stripped = frame.fields.map(({ labels: _, config: { displayNameFromDS: __, ...config }, ...field }) => ({
      ...field,
      config,
      ...(named !== undefined && field.type === "number" && { name: named }),
    }));
    return { ...frame, fields: [...stripped.filter(({ type }) => type === "time"), ...columns, ...stripped.filter(({ type }) => type !== "time")] };
  });
  return merge(wide, {});
};

export function compareValues(a: unknown, b: unknown): number {
  if (a === b) return 0;
  if (a === null || a === undefined || Number.isNaN(a)) return -1;
  if (b === null || b === undefined || Number.isNaN(b)) return 1;
  return typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en", { numeric: true });
}

const sortBy: Transform = (frames, options) =>
  frames.map((frame) => {
    const { field: wanted, desc } = record(asArray(options["sort"] as Options[])[0]);
    const field = frame.fields.find((one, at) => one.name === wanted || namesOf(frame, frames)[at] === wanted);
    if (!field) return frame;
    return pick(
      frame,
      rowsOf(frame).toSorted((a, b) => compareValues(field.values[a], field.values[b]) * (desc ? -1 : 1)),
    );
  });

const renameByRegex: Transform = (frames, options) => {
  const pattern = toRegExp(String(options["regex"] ?? ""));
  return frames.map((frame) => ({
    ...frame,
    fields: frame.fields.map((field, at) => (pattern ? renamed(field, namesOf(frame, frames)[at]!.replace(pattern, String(options["renamePattern"] ?? ""))) : field)),
  }));
};

const reduceTransform: Transform = (frames, options) => {
  const ids = asArray(options["reducers"] as string[] | undefined);
  const reducers = ids.length > 0 ? ids : ["max"];
  const isReduced = ({ type }: Field) => type === "number" || (Boolean(options["includeTimeField"]) && type === "time");
  if (options["mode"] === "reduceFields")
    return frames.map((frame) => ({
      ...frame,
      fields: frame.fields.filter(isReduced).flatMap((field) => reducers.map((id) => ({ ...field, values: [reduce(field.values, id)] }))),
    }));
  const found = frames.flatMap((frame) => frame.fields.map((field, at) => ({ field, name: namesOf(frame, frames)[at]! })).filter(({ field }) => isReduced(field)));
  const labels = options["labelsToFields"] ? [...new Set(found.flatMap(({ field }) => Object.keys(field.labels ?? {})))] : [];
  return [
    {
      fields: [
        column(
          "Field",
          found.map(({ name }) => name),
          "string",
        ),
        ...labels.map((label) =>
          column(
            label,
            found.map(({ field }) => field.labels?.[label] ?? ""),
            "string",
          ),
        ),
        ...reducers.map((id) =>
          column(
            reducerName(id),
            found.map(({ field }) => reduce(field.values, id)),
          ),
        ),
      ],
    },
  ];
};

const limit: Transform = (frames, options) => frames.map((frame) => pick(frame, rowsOf(frame).slice(0, Number(options["limitField"] ?? 10))));
const filterByRefId: Transform = (frames, options) => frames.filter(({ refId }) => toRegExp(`/^(?:${String(options["include"] ?? ".*")})$/`)?.test(refId ?? ""));

const TRANSFORMS: Record<string, Transform> = {
  organize,
  joinByField,
  seriesToColumns: joinByField,
  merge,
  groupBy,
  calculateField,
  filterFieldsByName,
  labelsToFields,
  sortBy,
  renameByRegex,
  reduce: reduceTransform,
  limit,
  filterByRefId,
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
