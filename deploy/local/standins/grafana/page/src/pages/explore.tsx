// Explore: one query with its graph and its table. And the alert rules, as Prometheus reports them.
import { useMemo, useState } from "preact/hooks";
import { type DataSource, listDataSources, prometheus } from "../api";
import { TimePicker } from "../controls";
import { type Panel as PanelModel } from "../model";
import { Panel, type View } from "../panels/panel";
import { Area, ErrorText, go, Page, Select, useLoad } from "../shared";
import { formatInterval, formatTime, knownZone, resolveRange } from "../time";

function usePrometheus() {
  const loaded = useLoad(async () => (await listDataSources()).filter(({ type }) => type === "prometheus"), []);
  const [chosen, choose] = useState("");
  const source = loaded.data?.find(({ uid }) => uid === chosen) ?? loaded.data?.find(({ isDefault }) => isDefault) ?? loaded.data?.[0];
  return { ...loaded, source, choose };
}

function SourceChoice({ sources, source, choose }: { sources: DataSource[]; source: DataSource | undefined; choose: (uid: string) => void }) {
  return <Select label="Data source" value={source?.uid ?? ""} choices={sources.map(({ uid, name }) => ({ value: uid, text: name }))} onValue={choose} />;
}

const panelOf = (id: number, type: string, title: string, expr: string, source: DataSource, table: boolean): PanelModel => ({
  id, type, title, gridPos: { x: 0, y: 0, w: 24, h: 10 }, datasource: { uid: source.uid, type: source.type },
  targets: [{ refId: "A", expr, ...(table && { format: "table", instant: true }) }],
  fieldConfig: { defaults: { color: { mode: "palette-classic" }, custom: {} }, overrides: [] }, options: { legend: { showLegend: true }, tooltip: { mode: "multi" } },
});

export function ExplorePage({ url }: { url: URL }) {
  const { data: sources = [], error, source, choose } = usePrometheus();
  const [typed, setTyped] = useState(url.searchParams.get("query") ?? "");
  const [range, setRange] = useState({ from: "now-1h", to: "now" });
  const [zone, setZone] = useState(knownZone(""));
  const [tick, setTick] = useState(0);
  const query = url.searchParams.get("query") ?? "";
  const bounds = useMemo(() => resolveRange(range, Date.now(), zone)!, [range, zone, tick]);
  const scope = useMemo(() => ({}), []);
  const view: View = { scope, bounds, zone, sources, tick, sync: 0, timeRange: "", onZoom: ({ from, to }) => setRange({ from: String(from), to: String(to) }) };
  const panels = source && query.trim() ? [panelOf(1, "timeseries", "Graph", query, source, false), panelOf(2, "table", "Table", query, source, true)] : [];
  const run = (event: Event) => {
    event.preventDefault();
    setTick(tick + 1);
    go(`/explore?${new URLSearchParams({ query: typed })}`, { replace: true });
  };
  return (
    <Page title="Explore">
      <form class="toolbar" onSubmit={run}>
        <SourceChoice sources={sources} source={source} choose={choose} />
        <TimePicker range={range} zone={zone} onRange={setRange} onZone={setZone} />
        <Area label="PromQL" rows={2} value={typed} onValue={setTyped} />
        <button class="primary">Run query</button>
      </form>
      <ErrorText text={error} />
      {!query.trim() && <p class="empty">Write a query in PromQL, such as up, and run it.</p>}
      {panels.map((panel) => <div key={panel.id} class="explore-panel"><Panel panel={panel} local={{}} view={view} eager /></div>)}
    </Page>
  );
}

interface Alert { labels: Record<string, string>; annotations?: Record<string, string>; state: string; activeAt?: string; value: string }
interface Rule { type: string; name: string; query: string; state?: string; health: string; lastError?: string; duration?: number; labels?: Record<string, string>; annotations?: Record<string, string>; alerts?: Alert[] }

const labelText = (labels: Record<string, string> = {}) => Object.entries(labels).filter(([name]) => name !== "alertname").map(([name, value]) => `${name}=${value}`).join(", ");

export function AlertsPage() {
  const { data: sources = [], error, source, choose } = usePrometheus();
  const rules = useLoad(async () => (source ? (await prometheus<{ groups: { name: string; rules: Rule[] }[] }>(source.uid, "rules?type=alert")).groups : []), [source?.uid]);
  const groups = (rules.data ?? []).map((group) => ({ ...group, rules: group.rules.filter(({ type }) => type === "alerting") })).filter((group) => group.rules.length > 0);
  return (
    <Page title="Alert rules">
      <div class="toolbar"><SourceChoice sources={sources} source={source} choose={choose} /><button type="button" onClick={rules.reload}>Refresh</button></div>
      <ErrorText text={error ?? rules.error} />
      {rules.data && groups.length === 0 && <p class="empty">Prometheus has no alerting rules. They come from its rule files.</p>}
      {groups.map((group) => (
        <section key={group.name} aria-label={group.name}>
          <h2>{group.name}</h2>
          {group.rules.map((rule) => (
            <article class="rule" key={rule.name}>
              <h3>{rule.name} <span class={`state ${rule.state ?? "unknown"}`}>{rule.state ?? "unknown"}</span></h3>
              <p><code>{rule.query}</code>{rule.duration ? ` for ${formatInterval(rule.duration * 1000)}` : ""}</p>
              {rule.lastError && <p class="error">{rule.lastError}</p>}
              {Object.entries(rule.annotations ?? {}).map(([name, text]) => <p class="note">{name}: {text}</p>)}
              {rule.alerts && rule.alerts.length > 0 && (
                <ul>{rule.alerts.map(({ state, labels, activeAt, value }) => (
                  <li><span class={`state ${state}`}>{state}</span> {labelText(labels)}{activeAt && ` since ${formatTime(Date.parse(activeAt), "browser")}`}, value {value}</li>
                ))}</ul>
              )}
            </article>
          ))}
        </section>
      ))}
    </Page>
  );
}
