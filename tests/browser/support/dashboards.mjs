// Dashboards for the tests: one with a panel of every type, one as Grafana wrote them years ago.

/** @param {number} x @param {number} y @param {number} w @param {number} h */
const at = (x, y, w, h) => ({ x, y, w, h });
const SOURCE = { type: "prometheus", uid: "${datasource}" };
/** @param {string} expr @param {object} [more] */
const target = (expr, more = {}) => ({ refId: "A", expr, datasource: SOURCE, ...more });
const STEPS = { mode: "absolute", steps: [{ color: "green", value: null }, { color: "orange", value: 0.6 }, { color: "red", value: 0.9 }] };
/** @param {object} defaults @param {object[]} [overrides] */
const fields = (defaults, overrides = []) => ({ defaults, overrides });
const RATE = 'sum by (pod) (rate(http_requests_total{namespace="$namespace", pod=~"$pod"}[$__rate_interval]))';
const TABLE = { format: "table", instant: true };

export const EVERY_PANEL = {
  uid: "every-panel", title: "Every panel", tags: ["test"], schemaVersion: 41, editable: true, graphTooltip: 1, timezone: "utc", refresh: "", time: { from: "now-1h", to: "now" },
  weekStart: "monday", annotations: { list: [{ name: "Deployments", enable: true, datasource: SOURCE, expr: "changes(up[1m])" }] },
  links: [{ type: "dashboards", title: "Other tests", tags: ["test"] }, { type: "link", title: "Runbook", url: "https://example.org/runbook", keepTime: true, includeVars: true, targetBlank: true }],
  templating: {
    list: [
      { name: "datasource", label: "Data source", type: "datasource", query: "prometheus", current: { text: "default", value: "default" } },
      { name: "namespace", label: "Namespace", type: "query", datasource: SOURCE, query: { query: "label_values(up, namespace)", refId: "v" }, refresh: 2, sort: 1 },
      { name: "pod", label: "Pod", type: "query", datasource: SOURCE, query: 'label_values(up{namespace="$namespace"}, pod)', regex: "/(web-.*|store-.*)/", multi: true, includeAll: true, current: { text: "All", value: "$__all" } },
      { name: "resolution", label: "Resolution", type: "interval", query: "1m,5m", auto: true, auto_count: 30, auto_min: "10s", current: { text: "auto", value: "$__auto" } },
    ],
  },
  panels: [
    { id: 1, type: "timeseries", title: "Requests in $namespace", description: "Requests by pod", gridPos: at(0, 0, 12, 8), datasource: SOURCE, targets: [target(RATE, { legendFormat: "{{pod}}" })], fieldConfig: fields({ unit: "reqps", custom: { fillOpacity: 10, lineWidth: 2, thresholdsStyle: { mode: "dashed" } }, thresholds: STEPS }), options: { legend: { displayMode: "table", placement: "bottom", showLegend: true, calcs: ["lastNotNull", "max"] }, tooltip: { mode: "multi", sort: "desc" } } },
    { id: 2, type: "timeseries", title: "Memory, stacked", gridPos: at(12, 0, 12, 8), datasource: SOURCE, targets: [target('memory_bytes{pod=~"$pod"}', { legendFormat: "{{pod}}" })], fieldConfig: fields({ unit: "bytes", custom: { fillOpacity: 40, stacking: { mode: "normal", group: "A" } } }, [{ matcher: { id: "byName", options: "store-1" }, properties: [{ id: "color", value: { mode: "fixed", fixedColor: "purple" } }] }]), options: { legend: { displayMode: "list", placement: "right", showLegend: true, calcs: [] } } },
    { id: 3, type: "stat", title: "Targets", gridPos: at(0, 8, 6, 5), datasource: SOURCE, targets: [target("up", { instant: true, legendFormat: "{{pod}}" })], fieldConfig: fields({ mappings: [{ type: "value", options: { 0: { text: "Down", color: "red" }, 1: { text: "Up", color: "green" } } }] }), options: { colorMode: "background", graphMode: "none", reduceOptions: { calcs: ["lastNotNull"] } } },
    { id: 4, type: "stat", title: "Rate", gridPos: at(6, 8, 6, 5), datasource: SOURCE, targets: [target('sum by (job) (rate(http_requests_total{pod="web-1"}[5m]))', { legendFormat: "{{job}}" })], fieldConfig: fields({ unit: "reqps", thresholds: STEPS }), options: { colorMode: "value", graphMode: "area", reduceOptions: { calcs: ["mean"] } } },
    { id: 5, type: "gauge", title: "Share", gridPos: at(12, 8, 6, 5), datasource: SOURCE, targets: [target("sum by (job) (rate(http_requests_total[5m]))", { instant: true, legendFormat: "{{job}}" })], fieldConfig: fields({ unit: "percentunit", min: 0, max: 1, thresholds: STEPS }), options: { reduceOptions: { calcs: ["lastNotNull"] }, showThresholdMarkers: true } },
    { id: 6, type: "bargauge", title: "Memory by pod", gridPos: at(18, 8, 6, 5), datasource: SOURCE, targets: [target("memory_bytes", { instant: true, legendFormat: "{{pod}}" })], fieldConfig: fields({ unit: "bytes", color: { mode: "continuous-GrYlRd" } }), options: { displayMode: "gradient", orientation: "horizontal", reduceOptions: { calcs: ["lastNotNull"] } } },
    {
      id: 7, type: "table", title: "Pods", gridPos: at(0, 13, 14, 7), datasource: { type: "datasource", uid: "-- Mixed --" },
      targets: [target("sum by (pod) (rate(http_requests_total[5m]))", TABLE), target("sum by (pod) (memory_bytes)", { ...TABLE, refId: "B" })],
      fieldConfig: fields({ custom: {} }, [
        { matcher: { id: "byName", options: "Memory" }, properties: [{ id: "unit", value: "bytes" }, { id: "custom.cellOptions", value: { type: "color-background" } }, { id: "thresholds", value: { mode: "absolute", steps: [{ color: "green", value: null }, { color: "red", value: 2e8 }] } }] },
        { matcher: { id: "byName", options: "Pod" }, properties: [{ id: "links", value: [{ title: "This pod", url: "/d/every-panel/x?var-pod=${__data.fields.Pod}&${__url_time_range}" }] }] },
      ]),
      transformations: [{ id: "joinByField", options: { byField: "pod", mode: "outer" } }, { id: "organize", options: { excludeByName: { "Time 1": true, "Time 2": true }, renameByName: { pod: "Pod", "Value #A": "Requests", "Value #B": "Memory" }, indexByName: {} } }],
      options: { showHeader: true, sortBy: [{ displayName: "Memory", desc: true }] },
    },
    { id: 8, type: "text", title: "About", gridPos: at(14, 13, 10, 7), options: { mode: "markdown", content: "# The shop\n\nPods of **$namespace**: see [the runbook](https://example.org/runbook).\n\n- one\n- two\n\n<img src=x onerror=\"document.title='broken'\"><script>document.title='broken'</script>" } },
    { id: 9, type: "heatmap", title: "Latency", gridPos: at(0, 20, 12, 6), datasource: SOURCE, targets: [target("sum by (le) (rate(http_request_duration_seconds_bucket[5m]))", { format: "heatmap", legendFormat: "{{le}}" })], options: {} },
    { id: 10, type: "geomap", title: "Map", gridPos: at(12, 20, 6, 6), datasource: SOURCE, targets: [target("up")] },
    { id: 11, type: "timeseries", title: "Nothing", gridPos: at(18, 20, 6, 3), datasource: SOURCE, targets: [target("absent_metric")] },
    { id: 12, type: "timeseries", title: "Broken", gridPos: at(18, 23, 6, 3), datasource: SOURCE, targets: [target("up{")] },
    { id: 17, type: "stat", title: "Faulty", gridPos: at(12, 26, 12, 3), datasource: SOURCE, targets: [target("up")], fieldConfig: fields({ thresholds: { mode: "absolute", steps: "none" } }), options: {} },
    { id: 13, type: "row", title: "Each pod", gridPos: at(0, 29, 24, 1), collapsed: false, panels: [] },
    { id: 14, type: "stat", title: "Memory of $pod", repeat: "pod", repeatDirection: "h", maxPerRow: 3, gridPos: at(0, 30, 24, 4), datasource: SOURCE, targets: [target('memory_bytes{pod="$pod"}')], fieldConfig: fields({ unit: "bytes" }), options: { reduceOptions: { calcs: ["max"] } } },
    { id: 15, type: "row", title: "Closed", gridPos: at(0, 34, 24, 1), collapsed: true, panels: [{ id: 16, type: "bargauge", title: "Inside", gridPos: at(0, 35, 12, 6), datasource: SOURCE, targets: [target("memory_bytes", { legendFormat: "{{pod}}" })], fieldConfig: fields({ unit: "bytes", thresholds: STEPS }), options: { displayMode: "lcd", orientation: "vertical", reduceOptions: { calcs: ["max"] } } }] },
  ],
};

/** As "Export for sharing externally" of Grafana 12 writes it. */
export const EXPORTED = {
  __inputs: [{ name: "DS_PROMETHEUS", label: "Prometheus", type: "datasource", pluginId: "prometheus", pluginName: "Prometheus", description: "" }],
  __elements: {}, __requires: [{ type: "panel", id: "timeseries", name: "Time series", version: "" }],
  id: null, uid: "shop", title: "The shop", schemaVersion: 41, version: 3, time: { from: "now-30m", to: "now" }, annotations: { list: [] }, templating: { list: [] },
  panels: [{ id: 2, type: "timeseries", title: "Traffic", datasource: { type: "prometheus", uid: "${DS_PROMETHEUS}" }, gridPos: at(0, 0, 24, 8), fieldConfig: fields({ unit: "reqps" }), options: {}, targets: [{ refId: "A", expr: "sum by (pod) (rate(http_requests_total[5m]))", legendFormat: "{{pod}}" }] }],
};

export const OLD = {
  uid: "old", title: "An old dashboard", schemaVersion: 18, time: { from: "now-30m", to: "now" },
  panels: [
    { id: 1, type: "singlestat", title: "Success rate", datasource: null, gridPos: at(0, 0, 8, 4), format: "percentunit", targets: [{ refId: "A", expr: "up" }] },
    { id: 2, type: "graph", title: "Traffic", datasource: null, gridPos: at(8, 0, 16, 8), targets: [{ refId: "A", expr: "memory_bytes" }] },
  ],
};
