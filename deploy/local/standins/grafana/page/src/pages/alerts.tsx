// The alert rules, as Prometheus reports them.
import { useState } from "preact/hooks";
import { listDataSources, prometheus } from "../api";
import { ErrorText, Page, Select, useLoad } from "../shared";
import { formatInterval, formatTime } from "../time";

interface Alert { labels: Record<string, string>; annotations?: Record<string, string>; state: string; activeAt?: string; value: string }
interface Rule { type: string; name: string; query: string; state?: string; health: string; lastError?: string; duration?: number; labels?: Record<string, string>; annotations?: Record<string, string>; alerts?: Alert[] }

const labelText = (labels: Record<string, string> = {}) => Object.entries(labels).filter(([name]) => name !== "alertname").map(([name, value]) => `${name}=${value}`).join(", ");

export function AlertsPage() {
  const { data: sources = [], error } = useLoad(listDataSources, []);
  const [chosen, choose] = useState("");
  const source = sources.find(({ uid }) => uid === chosen) ?? sources.find(({ isDefault }) => isDefault) ?? sources[0];
  const rules = useLoad(async () => (source ? (await prometheus<{ groups: { name: string; rules: Rule[] }[] }>(source.uid, "rules?type=alert")).groups : []), [source?.uid]);
  const groups = (rules.data ?? []).map((group) => ({ ...group, rules: group.rules.filter(({ type }) => type === "alerting") })).filter((group) => group.rules.length > 0);
  return (
    <Page title="Alert rules">
      <div class="toolbar">
        <Select label="Data source" value={source?.uid ?? ""} choices={sources.map(({ uid, name }) => ({ value: uid, text: name }))} onValue={choose} />
        <button type="button" onClick={rules.reload}>Refresh</button>
      </div>
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
