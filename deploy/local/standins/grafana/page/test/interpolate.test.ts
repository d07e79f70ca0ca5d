import assert from "node:assert/strict";
import { test } from "node:test";
import { interpolate, interpolateAll, type Scope } from "../src/interpolate";

const scope: Scope = {
  job: { value: "api.server", text: "api.server" },
  pod: { value: ["web-1", "web.2"], text: ["web-1", "web.2"], multi: true },
  one: { value: ["web.2"], text: ["web.2"], multi: true },
  all: { value: ["a", "b"], text: "All", includeAll: true },
  any: { value: ["a", "b"], text: "All", includeAll: true, allValue: ".*" },
  quoted: { value: "it's \\ here", text: "it's \\ here" },
};

test("a variable is written $name, ${name} or [[name]]", () => {
  assert.equal(interpolate("$job ${job} [[job]]", scope), "api.server api.server api.server");
});

test("what is no variable stays for the server, as $__rate_interval does", () => {
  assert.equal(interpolate("rate(x[$__rate_interval]) ${unknown:regex}", scope, "prometheus"), "rate(x[$__rate_interval]) ${unknown:regex}");
});

test("a single value in PromQL escapes only the backslash and the quote", () => {
  assert.equal(interpolate("$job", scope, "prometheus"), "api.server");
  assert.equal(interpolate("$quoted", scope, "prometheus"), "it\\'s \\\\ here");
});

test("several values in PromQL become a regular expression with doubled backslashes", () => {
  assert.equal(interpolate('up{pod=~"$pod"}', scope, "prometheus"), 'up{pod=~"(web-1|web\\\\.2)"}');
});

test("the only value of a multi-value variable stands without parentheses, escaped", () => {
  assert.equal(interpolate("$one", scope, "prometheus"), "web\\\\.2");
});

test("All means every option, or its own value unescaped", () => {
  assert.equal(interpolate("$all", scope, "prometheus"), "(a|b)");
  assert.equal(interpolate("$any", scope, "prometheus"), ".*");
  assert.equal(interpolate("${any:text}", scope), "All");
});

test("the formats are Grafana's", () => {
  const expected: Record<string, string> = {
    raw: "web-1,web.2", csv: "web-1,web.2", pipe: "web-1|web.2", glob: "{web-1,web.2}", json: '["web-1","web.2"]', text: "web-1 + web.2",
    regex: "(web-1|web\\.2)", queryparam: "var-pod=web-1&var-pod=web.2", singlequote: "'web-1','web.2'", doublequote: '"web-1","web.2"', sqlstring: "'web-1','web.2'",
    percentencode: "%7Bweb-1%2Cweb.2%7D",
  };
  for (const [format, text] of Object.entries(expected)) assert.equal(interpolate(`\${pod:${format}}`, scope), text, format);
});

test("a field of a variable is written ${name.field}", () => {
  assert.equal(interpolate("${__series.name}", { __series: { value: "x", text: "x", fields: { name: "up" } } }), "up");
});

test("a text inside an object is interpolated wherever it stands", () => {
  assert.deepEqual(interpolateAll({ a: ["$job", 1], b: { c: "${job}" } }, scope), { a: ["api.server", 1], b: { c: "api.server" } });
});
