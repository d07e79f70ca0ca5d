// Grafana's reducers: one value out of a series.

const ALIASES: Record<string, string> = { current: "lastNotNull", avg: "mean", total: "sum" };
export const REDUCER_NAMES: Record<string, string> = {
  lastNotNull: "Last *", last: "Last", firstNotNull: "First *", first: "First", min: "Min", max: "Max", mean: "Mean", sum: "Total", count: "Count",
  range: "Range", diff: "Difference", delta: "Delta", step: "Step", changeCount: "Change count", distinctCount: "Distinct count",
  allIsZero: "All zeros", allIsNull: "All nulls", median: "Median", variance: "Variance", stdDev: "StdDev", diffperc: "Difference percent",
};

export const reducerId = (id: string) => ALIASES[id] ?? id;
export const reducerName = (id: string) => REDUCER_NAMES[reducerId(id)] ?? id;

/** The reducer `id` over `values`; undefined where there is no such reducer, null where there is no value. */
export function reduce(values: unknown[], id: string): unknown {
  const present = values.filter((value) => value !== null && value !== undefined);
  const numbers = present.filter((value): value is number => typeof value === "number" && !Number.isNaN(value));
  const sum = () => numbers.reduce((total, value) => total + value, 0);
  const edge = (pick: (a: number, b: number) => number) => (numbers.length > 0 ? numbers.reduce((a, b) => pick(a, b)) : null);
  const [lowest, highest] = [() => edge(Math.min), () => edge(Math.max)];
  const mean = () => (numbers.length > 0 ? sum() / numbers.length : null);
  const variance = () => (numbers.length > 0 ? numbers.reduce((total, value) => total + (value - mean()!) ** 2, 0) / numbers.length : null);
  const diff = () => (numbers.length > 0 ? numbers.at(-1)! - numbers[0]! : null);
  switch (reducerId(id)) {
    case "last": return values.at(-1) ?? null;
    case "first": return values[0] ?? null;
    case "lastNotNull": return present.at(-1) ?? null;
    case "firstNotNull": return present[0] ?? null;
    case "min": return lowest();
    case "max": return highest();
    case "mean": return mean();
    case "sum": return sum();
    case "count": return values.length;
    case "range": return numbers.length > 0 ? highest()! - lowest()! : null;
    case "diff": return diff();
    case "diffperc": return numbers.length > 0 ? diff()! / numbers[0]! : null;
    case "delta": return delta(numbers);
    case "step": return numbers.length > 1 ? numbers.slice(1).reduce((least, value, at) => Math.min(least, value - numbers[at]!), Infinity) : null;
    case "changeCount": return values.filter((value, at) => at > 0 && value !== values[at - 1]).length;
    case "distinctCount": return new Set(values).size;
    case "allIsZero": return numbers.length > 0 && numbers.every((value) => value === 0);
    case "allIsNull": return present.length === 0;
    case "median": { const sorted = numbers.toSorted((a, b) => a - b); return sorted.length > 0 ? (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2 : null; }
    case "variance": return variance();
    case "stdDev": return numbers.length > 0 ? Math.sqrt(variance()!) : null;
    default: return undefined;
  }
}

/** How far a counter rose, resets counted from zero. */
function delta(numbers: number[]): number {
  return numbers.reduce((total, value, at) => (at === 0 ? 0 : total + (value >= numbers[at - 1]! ? value - numbers[at - 1]! : value)), 0);
}
