// Grafana's reducers: one value out of a series.

export const REDUCER_NAMES: Record<string, string> = {
  lastNotNull: "Last *", last: "Last", firstNotNull: "First *", first: "First", min: "Min", max: "Max", mean: "Mean",
  sum: "Total", count: "Count", range: "Range", diff: "Difference", delta: "Delta", median: "Median", stdDev: "StdDev",
};

export const reducerName = (id: string) => REDUCER_NAMES[id] ?? id;

/** The reducer `id` over `values`; undefined where there is no such reducer, null where there is no value. */
export function reduce(values: unknown[], id: string): unknown {
  const present = values.filter((value) => value !== null && value !== undefined);
  const numbers = present.filter((value): value is number => typeof value === "number" && !Number.isNaN(value));
  const sum = () => numbers.reduce((total, value) => total + value, 0);
  const edge = (pick: (a: number, b: number) => number) => (numbers.length > 0 ? numbers.reduce((a, b) => pick(a, b)) : null);
  const [lowest, highest] = [() => edge(Math.min), () => edge(Math.max)];
  const mean = () => (numbers.length > 0 ? sum() / numbers.length : null);
  switch (id) {
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
    case "diff": return numbers.length > 0 ? numbers.at(-1)! - numbers[0]! : null;
    case "delta": return delta(numbers);
    case "median": return median(numbers);
    case "stdDev": return deviation(numbers);
    default: return undefined;
  }
}

/** How far a counter rose, resets counted from zero. */
function delta(numbers: number[]): number {
  return numbers.reduce((total, value, at) => (at === 0 ? 0 : total + (value >= numbers[at - 1]! ? value - numbers[at - 1]! : value)), 0);
}

function median(numbers: number[]): number | null {
  const sorted = numbers.toSorted((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}

function deviation(numbers: number[]): number | null {
  const mean = numbers.reduce((total, value) => total + value, 0) / numbers.length;
  return numbers.length > 0 ? Math.sqrt(numbers.reduce((total, value) => total + (value - mean) ** 2, 0) / numbers.length) : null;
}
