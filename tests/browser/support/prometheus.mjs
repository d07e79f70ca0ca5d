// A Prometheus as far as a dashboard's page asks it: a few series whose values follow from the time alone.
import { once } from "node:events";
import { createServer } from "node:http";

/** @typedef {Record<string, string>} Labels */

const PODS = ["web-1", "web-2", "store-1"];

/** @type {Record<string, Labels[]>} */
const SERIES = {
  up: PODS.map((pod) => ({ job: pod.replace(/-\d$/, ""), pod, namespace: "shop" })),
  http_requests_total: PODS.flatMap((pod) => ["200", "500"].map((code) => ({ job: pod.replace(/-\d$/, ""), pod, code, namespace: "shop" }))),
  http_request_duration_seconds_bucket: ["0.1", "0.5", "1", "+Inf"].map((le) => ({ job: "web", le, namespace: "shop" })),
  memory_bytes: PODS.map((pod) => ({ job: pod.replace(/-\d$/, ""), pod, namespace: "shop" })),
};

const RULES = {
  groups: [
    {
      name: "shop", file: "rules.yml", interval: 15,
      rules: [
        { type: "alerting", name: "TargetDown", query: "up == 0", duration: 60, state: "firing", health: "ok", labels: { severity: "page" }, annotations: { summary: "A target does not answer" }, alerts: [{ labels: { alertname: "TargetDown", pod: "web-2" }, annotations: {}, state: "firing", activeAt: "2026-11-26T09:00:00Z", value: "0e+00" }] },
        { type: "alerting", name: "TooManyErrors", query: "rate(errors[5m]) > 1", duration: 300, state: "inactive", health: "ok", labels: {}, annotations: {}, alerts: [] },
      ],
    },
  ],
};

/**
 * The series that an expression speaks of: those of its metric that its selector lets through.
 * @param {string} expression
 */
function select(expression) {
  const name = Object.keys(SERIES).find((metric) => new RegExp(`\\b${metric}\\b`).test(expression));
  const matchers = [...expression.matchAll(/(\w+)(=~|=|!=)"([^"]*)"/g)];
  const found = (name ? (SERIES[name] ?? []) : []).filter((labels) =>
    matchers.every(([, label = "", operator, value = ""]) => {
      const has = labels[label] ?? "";
      return operator === "=" ? has === value : operator === "!=" ? has !== value : new RegExp(`^(?:${value.replaceAll("\\\\", "\\")})$`).test(has);
    }),
  );
  const by = /\bby\s*\(([^)]*)\)/.exec(expression)?.[1]?.split(",").map((label) => label.trim());
  if (!by) return found.map((labels) => (/\(/.test(expression) ? labels : { __name__: name ?? "", ...labels }));
  const grouped = found.map((labels) => JSON.stringify(Object.fromEntries(by.map((label) => [label, labels[label] ?? ""]))));
  return [...new Set(grouped)].map((labels) => /** @type {Labels} */ (JSON.parse(labels)));
}

/**
 * @param {string} expression
 * @param {number} place
 * @param {number} seconds
 */
function valueAt(expression, place, seconds) {
  if (/^\s*up\b/.test(expression)) return place === 1 ? "0" : "1";
  const wave = 1 + Math.sin(seconds / 300 + place);
  return String(expression.includes("memory_bytes") ? (80 + 40 * wave + 25 * place) * 2 ** 20 : 0.05 + (wave + place) / 5);
}

/**
 * @param {string} path
 * @param {URLSearchParams} query
 */
function answer(path, query) {
  const expression = query.get("query") ?? "";
  if (path === "/api/v1/status/buildinfo") return { version: "3.14.0", application: "Prometheus" };
  if (path === "/api/v1/rules") return RULES;
  if (path === "/api/v1/labels") return [...new Set(Object.values(SERIES).flat().flatMap(Object.keys))].sort();
  const label = /^\/api\/v1\/label\/(\w+)\/values$/.exec(path)?.[1];
  if (label === "__name__") return Object.keys(SERIES);
  if (label) return [...new Set((query.has("match[]") ? select(query.get("match[]") ?? "") : Object.values(SERIES).flat()).flatMap((labels) => labels[label] ?? []))].sort();
  if (path === "/api/v1/series") return select(query.get("match[]") ?? "");
  if (expression === "1+1") return { resultType: "scalar", result: [4, "2"] };
  if (/\{\s*$/.test(expression)) return undefined;
  if (path === "/api/v1/query") {
    const time = Number(query.get("time") ?? Date.now() / 1000);
    return { resultType: "vector", result: select(expression).map((metric, place) => ({ metric, value: [time, valueAt(expression, place, time)] })) };
  }
  if (path !== "/api/v1/query_range") return undefined;
  const [start = 0, end = 0, step = 15] = ["start", "end", "step"].map((name) => Number(query.get(name)));
  const times = Array.from({ length: Math.floor((end - start) / step) + 1 }, (_, at) => start + at * step);
  return { resultType: "matrix", result: select(expression).map((metric, place) => ({ metric, values: times.map((time) => [time, valueAt(expression, place, time)]) })) };
}

/** Starts it on a free port. */
export async function startPrometheus() {
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const part of request) body += String(part);
    const url = new URL(request.url ?? "/", "http://prometheus");
    const data = answer(url.pathname, new URLSearchParams(request.method === "POST" ? body : url.search));
    response.setHeader("content-type", "application/json");
    response.statusCode = data === undefined ? 400 : 200;
    response.end(JSON.stringify(data === undefined ? { status: "error", errorType: "bad_data", error: "invalid parameter \"query\": 1:4: parse error: unexpected end of input inside braces" } : { status: "success", data }));
  });
  // One that is closed just as it is used again fails its request.
  server.keepAliveTimeout = 0;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${address.port}`,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
