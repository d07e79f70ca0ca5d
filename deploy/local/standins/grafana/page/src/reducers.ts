// Grafana's reducers: one value out of a series.

export const REDUCER_NAMES: Record<string, string> = {
  lastNotNull: "Last *", last: "Last", firstNotNull: "First *", first: "First", min: "Min", max: "Max", mean: "Mean",
  sum: "Total", count: "Count",
};

export const reducerName = (id: string) => REDUCER_NAMES[id] ?? id;

/** The reducer `id` over `values`; undefined where there is no such reducer, null where there is no value. */
export function reduce(values: unknown[], id: string): unknown {
  const present = values.filter((value) => value !== null && value !== undefined);
  const numbers = present.filter((value): value is number => typeof value === "number" && !Number.isNaN(value));
  const sum = () => numbers.reduce((total, value) => total + value, 0);
  const edge = (pick: (a: number, b: number) => number) => (numbers.length > 0 ? numbers.reduce((a, b) => pick(a, b)) : null);
  switch (id) {
    case "last": return values.at(-1) ?? null;
    case "first": return values[0] ?? null;
    case "lastNotNull": return present.at(-1) ?? null;
    case "firstNotNull": return present[0] ?? null;
    case "min": return edge(Math.min);
    case "max": return edge(Math.max);
    case "mean": return numbers.length > 0 ? sum() / numbers.length : null;
    case "sum": return sum();
    case "count": return values.length;
    default: return undefined;
  }
}
