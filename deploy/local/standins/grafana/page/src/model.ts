// Grafana's classic dashboard JSON and its data frames, as far as this page reads them. Unknown fields stay in the objects.

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export interface DataSourceRef { uid?: string; type?: string }
export interface GridPos { x: number; y: number; w: number; h: number }
export interface Target {
  refId: string; expr?: string; datasource?: DataSourceRef | string | null; legendFormat?: string; format?: string;
  instant?: boolean; range?: boolean; interval?: string; hide?: boolean; [key: string]: unknown;
}
export interface Step { value: number | null; color: string }
export interface Thresholds { mode?: "absolute" | "percentage"; steps: Step[] }
export interface MappingResult { text?: string; color?: string; index?: number }
export type Mapping =
  | { type: "value"; options: Record<string, MappingResult> }
  | { type: "range"; options: { from: number | null; to: number | null; result: MappingResult } }
  | { type: "regex"; options: { pattern: string; result: MappingResult } }
  | { type: "special"; options: { match: string; result: MappingResult } };
export interface Link { title?: string; url?: string; targetBlank?: boolean; type?: string; [key: string]: unknown }
export interface FieldConfig {
  displayName?: string; displayNameFromDS?: string; unit?: string; decimals?: number | null; min?: number; max?: number; noValue?: string;
  color?: { mode: string; fixedColor?: string; seriesBy?: string }; thresholds?: Thresholds; mappings?: Mapping[]; links?: Link[];
  interval?: number; custom?: Record<string, unknown>;
}
export interface Override { matcher: { id: string; options?: unknown }; properties: { id: string; value?: unknown }[] }
export interface Transformation { id: string; options?: Record<string, unknown>; disabled?: boolean }
export interface Panel {
  id: number; type: string; title?: string; description?: string; gridPos: GridPos; datasource?: DataSourceRef | string | null;
  targets?: Target[]; fieldConfig?: { defaults: FieldConfig; overrides: Override[] }; options?: Record<string, unknown>;
  transformations?: Transformation[]; interval?: string; maxDataPoints?: number | null; timeFrom?: string; timeShift?: string;
  links?: Link[]; repeat?: string; repeatDirection?: string; maxPerRow?: number; collapsed?: boolean; panels?: Panel[];
  transparent?: boolean; [key: string]: unknown;
}
export interface VariableOption { text: string; value: string; selected?: boolean }
export interface Variable {
  name: string; type: string; label?: string | null; hide?: number; query?: unknown; definition?: string; regex?: string; sort?: number;
  multi?: boolean; includeAll?: boolean; allValue?: string | null; refresh?: number; options?: VariableOption[];
  datasource?: DataSourceRef | string | null; current?: { text?: string | string[]; value?: string | string[] };
  auto?: boolean; auto_count?: number; auto_min?: string; [key: string]: unknown;
}
export interface Dashboard {
  id?: number | null; uid?: string; title: string; tags?: string[]; schemaVersion?: number; version?: number;
  time?: { from: string; to: string }; refresh?: string | false; timezone?: string; timepicker?: { refresh_intervals?: string[] };
  templating?: { list: Variable[] }; annotations?: { list: unknown[] }; panels?: Panel[]; links?: Link[];
  __inputs?: { name: string; label?: string; type: string; pluginId?: string; description?: string; value?: string }[]; [key: string]: unknown;
}

export interface Field { name: string; type: "time" | "number" | "string" | "boolean" | "other"; labels?: Record<string, string>; config: FieldConfig; values: unknown[] }
export interface Frame { refId?: string; name?: string; fields: Field[]; meta?: { executedQueryString?: string; notices?: { text: string }[]; type?: string } }

export const rowCount = (frame: Frame) => frame.fields[0]?.values.length ?? 0;
export const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);
export const asArray = <T>(value: T | T[] | undefined | null): T[] => (Array.isArray(value) ? value : value === undefined || value === null ? [] : [value]);
