// Grafana's HTTP API, as the browser calls it.
import { type QueryAnswer } from "./frames";
import { type Dashboard, type Json } from "./model";

export interface DataSource { id: number; uid: string; name: string; type: string; url: string; access: string; isDefault: boolean; readOnly: boolean; version?: number; jsonData: Record<string, Json> }
export interface Hit { uid: string; title: string; url: string; type: "dash-db" | "dash-folder"; tags: string[]; folderUid?: string; folderTitle?: string }
export interface Meta { canSave?: boolean; slug?: string; url?: string; folderUid?: string; folderTitle?: string; provisioned?: boolean; version?: number; updated?: string; updatedBy?: string }
export interface Saved { uid: string; url: string; version: number }

/** An answer that says no: its status and its own words. */
export class Refusal extends Error {
  constructor(readonly status: number, message: string, readonly body: unknown) {
    super(message);
  }
}

/** Sends a request. What only reads is sent again when the connection broke, as it does when a network changes. */
async function send(method: string, path: string, body: unknown): Promise<Response> {
  const headers = { accept: "application/json", ...(body !== undefined && { "content-type": "application/json" }) };
  for (let attempts = method === "GET" || path === "/api/ds/query" ? 3 : 1; ; attempts--) {
    try {
      return await fetch(path, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) });
    } catch {
      if (attempts === 1) throw new Refusal(0, "The server does not answer. Is it running?", undefined);
      await new Promise((done) => setTimeout(done, 300));
    }
  }
}

export async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const answer = await send(method, path, body);
  const text = await answer.text();
  let read: unknown;
  try {
    read = text === "" ? undefined : JSON.parse(text);
  } catch {
    read = { message: text.slice(0, 300) };
  }
  if (!answer.ok) {
    const { message, error } = (read ?? {}) as { message?: string; error?: string };
    if (answer.status === 401 && path !== "/login" && location.pathname !== "/login") location.assign(`/login?redirect_to=${encodeURIComponent(location.pathname + location.search)}`);
    throw new Refusal(answer.status, message || error || `${answer.status} ${answer.statusText}`, read);
  }
  return read as T;
}

export const get = <T>(path: string) => call<T>("GET", path);

export async function query(request: { from: string; to: string; queries: unknown[] }): Promise<QueryAnswer> {
  try {
    return await call<QueryAnswer>("POST", "/api/ds/query", request);
  } catch (refusal) {
    // A failed query answers 400 with the results of all others in it.
    if (refusal instanceof Refusal && (refusal.body as QueryAnswer | undefined)?.results) return refusal.body as QueryAnswer;
    throw refusal;
  }
}

export const listDataSources = () => get<DataSource[]>("/api/datasources");
export const findDashboard = (uid: string) => get<{ dashboard: Dashboard; meta: Meta }>(`/api/dashboards/uid/${encodeURIComponent(uid)}`);
export const saveDashboard = (dashboard: Dashboard, options: { folderUid?: string; message?: string; overwrite?: boolean }) => call<Saved>("POST", "/api/dashboards/db", { dashboard, ...options });
/** A path of Prometheus's own API, through the data source. */
export const prometheus = async <T>(uid: string, path: string): Promise<T> => (await get<{ data: T }>(`/api/datasources/proxy/uid/${encodeURIComponent(uid)}/api/v1/${path}`)).data;

/** What went wrong, in words. */
export function explain(fault: unknown): string {
  if (!(fault instanceof Refusal)) return fault instanceof Error ? fault.message : String(fault);
  if (fault.status === 412) return `${fault.message}. Your changes are still here and were not saved.`;
  return fault.message;
}
