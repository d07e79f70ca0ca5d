// Data frames from the answer of /api/ds/query, and the tables that Grafana makes of them in the browser.
import { type Field, type FieldConfig, type Frame, rowCount, type Target } from "./model";

interface WireField { name?: string; type?: string; labels?: Record<string, string>; config?: FieldConfig }
interface WireFrame {
  schema?: { refId?: string; name?: string; meta?: Frame["meta"]; fields?: WireField[] };
  data?: { values?: unknown[][]; entities?: ({ NaN?: number[]; Inf?: number[]; NegInf?: number[] } | null)[] | null };
}
export interface QueryAnswer { results?: Record<string, { error?: string; status?: number; frames?: WireFrame[] }>; message?: string }

const KINDS = new Set(["time", "number", "string", "boolean"]);

export function readFrame({ schema = {}, data = {} }: WireFrame, refId: string): Frame {
  const fields = (schema.fields ?? []).map((field, at): Field => {
    const values = [...(data.values?.[at] ?? [])];
    const special = data.entities?.[at];
    for (const place of special?.NaN ?? []) values[place] = NaN;
    for (const place of special?.Inf ?? []) values[place] = Infinity;
    for (const place of special?.NegInf ?? []) values[place] = -Infinity;
    const type = (KINDS.has(field.type ?? "") ? field.type : "other") as Field["type"];
    return { name: field.name ?? "", type, config: field.config ?? {}, values, ...(field.labels && { labels: field.labels }) };
  });
  return { refId: schema.refId ?? refId, ...(schema.name && { name: schema.name }), fields, ...(schema.meta && { meta: schema.meta }) };
}

/** Every frame of an answer in the order of the targets; `format: "table"` joined to one table for each target. */
export function readAnswer(answer: QueryAnswer, targets: Target[]): { frames: Frame[]; errors: string[] } {
  const tables = targets.filter(({ format }) => format === "table").length;
  const errors: string[] = [];
  const frames = targets.flatMap((target) => {
    const results = [answer.results?.[target.refId], answer.results?.[`${target.refId}-Instant`]];
    for (const result of results) if (result?.error) errors.push(targets.length > 1 ? `${target.refId}: ${result.error}` : result.error);
    const own = results.flatMap((result) => result?.frames ?? []).map((frame) => readFrame(frame, target.refId)).filter(({ fields }) => fields.length > 0);
    return target.format === "table" && own.length > 0 ? [toTable(own, tables > 1 ? `Value #${target.refId}` : "Value")] : own;
  });
  return { frames, errors };
}

/** One table of several series: time, a column for each label, and the value. */
export function toTable(frames: Frame[], valueName: string): Frame {
  const labelNames = [...new Set(frames.flatMap(({ fields }) => fields.flatMap(({ labels }) => Object.keys(labels ?? {}))))].toSorted();
  const times: unknown[] = [];
  const values: unknown[] = [];
  const columns = labelNames.map((name): Field => ({ name, type: "string", config: {}, values: [] }));
  for (const frame of frames) {
    const time = frame.fields.find(({ type }) => type === "time");
    const value = frame.fields.find(({ type }) => type === "number");
    for (let row = 0; row < rowCount(frame); row++) {
      times.push(time?.values[row] ?? null);
      values.push(value?.values[row] ?? null);
      for (const column of columns) column.values.push(value?.labels?.[column.name] ?? "");
    }
  }
  return {
    ...(frames[0]?.refId && { refId: frames[0].refId }),
    ...(frames[0]?.meta && { meta: frames[0].meta }),
    fields: [{ name: "Time", type: "time", config: {}, values: times }, ...columns, { name: valueName, type: "number", config: {}, values }],
  };
}

/** Times of all series with the values of each; null where a series has a gap, undefined where it merely lacks a time. */
export function alignSeries(frames: Frame[]): { times: number[]; series: { field: Field; frame: Frame; values: (number | null | undefined)[] }[] } {
  const found = frames.flatMap((frame) => {
    const time = frame.fields.find(({ type }) => type === "time");
    return time ? frame.fields.filter(({ type }) => type === "number").map((field) => ({ time, field, frame })) : [];
  });
  const points = found.map(({ time, field }) => {
    const step = Number(field.config.custom?.["insertNulls"] || time.config.interval || 0);
    const own = new Map<number, number | null>();
    time.values.forEach((at, row) => {
      const [now, before] = [Number(at), Number(time.values[row - 1] ?? at)];
      if (step > 0 && now - before > step) own.set(before + step, null);
      const value = field.values[row];
      own.set(now, typeof value === "number" && Number.isFinite(value) ? value : null);
    });
    return own;
  });
  const times = [...new Set(points.flatMap((own) => [...own.keys()]))].toSorted((a, b) => a - b);
  return { times, series: found.map(({ field, frame }, at) => ({ field, frame, values: times.map((time) => points[at]!.get(time)) })) };
}
