// Data sources: the list, and one with "Save & test".
import { useEffect, useState } from "preact/hooks";
import { call, type DataSource, explain, get, listDataSources } from "../api";
import { ErrorText, go, Input, Page, Select, useLoad } from "../shared";

export function SourcesPage() {
  const { data, error } = useLoad(listDataSources, []);
  return (
    <Page title="Data sources">
      <div class="toolbar"><a class="button" href="/connections/datasources/new">Add data source</a></div>
      <ErrorText text={error} />
      {data?.length === 0 && <p class="empty">No data source yet. Dashboards need one to ask: add your Prometheus.</p>}
      <ul class="hits">
        {data?.map(({ uid, name, type, url, isDefault, readOnly }) => (
          <li key={uid}>
            <a href={`/connections/datasources/edit/${encodeURIComponent(uid)}`}>{name}</a><span>{type}</span><span>{url}</span>
            {isDefault && <span class="tag">default</span>}{readOnly && <span class="tag">provisioned</span>}
          </li>
        ))}
      </ul>
    </Page>
  );
}

type Draft = Omit<DataSource, "id" | "uid" | "readOnly"> & Partial<DataSource>;
const NEW: Draft = { name: "prometheus", type: "prometheus", url: "", access: "proxy", isDefault: false, jsonData: { httpMethod: "POST" } };

/** A new data source is the default where it is the first, as in Grafana. */
const open = async (uid: string | undefined): Promise<Draft> =>
  uid ? get<DataSource>(`/api/datasources/uid/${encodeURIComponent(uid)}`) : { ...NEW, isDefault: (await listDataSources()).length === 0 };

export function SourcePage({ uid }: { uid: string | undefined }) {
  const { data, error } = useLoad(() => open(uid), [uid]);
  if (!data) return <Page title="Data source"><ErrorText text={error} /></Page>;
  return <SourceForm stored={data} />;
}

function SourceForm({ stored }: { stored: Draft }) {
  const [source, setSource] = useState(stored);
  const [result, setResult] = useState<{ isGood: boolean; text: string }>();
  const change = (part: Partial<Draft>) => setSource({ ...source, ...part });
  const jsonData = source.jsonData ?? {};
  useEffect(() => setSource((typed) => ({ ...typed, ...(stored.version !== undefined && { version: stored.version }) })), [stored.version]);
  const test = async (uid: string) => setResult({ isGood: true, text: (await get<{ message: string }>(`/api/datasources/uid/${encodeURIComponent(uid)}/health`)).message });
  const submit = async (event: Event) => {
    event.preventDefault();
    setResult(undefined);
    try {
      let uid = source.uid;
      if (uid && !source.readOnly) {
        const { datasource } = await call<{ datasource?: DataSource }>("PUT", `/api/datasources/uid/${encodeURIComponent(uid)}`, source);
        if (datasource) change({ ...(datasource.version !== undefined && { version: datasource.version }) });
      } else if (!uid) {
        const { datasource } = await call<{ datasource: DataSource }>("POST", "/api/datasources", source);
        uid = datasource.uid;
        setSource(datasource);
        go(`/connections/datasources/edit/${encodeURIComponent(uid)}`, { replace: true });
      }
      await test(uid);
    } catch (fault) {
      setResult({ isGood: false, text: explain(fault) });
    }
  };
  const remove = async () => {
    if (!confirm(`Delete the data source ${source.name}? Panels that use it will show an error.`)) return;
    try {
      await call("DELETE", `/api/datasources/uid/${encodeURIComponent(source.uid!)}`);
      go("/connections/datasources");
    } catch (fault) {
      setResult({ isGood: false, text: explain(fault) });
    }
  };
  return (
    <Page title={stored.uid ? `Data source ${stored.name}` : "New data source"}>
      <form class="box" onSubmit={(event) => void submit(event)}>
        {source.readOnly && <p class="note">This data source comes from a provisioned file and cannot be changed here.</p>}
        <Input label="Name" required value={source.name} onValue={(name) => change({ name })} />
        {source.type !== "prometheus" && <p class="note">Of the type {source.type}, which this stand-in for Grafana cannot query.</p>}
        <Input label="Prometheus server URL" type="url" required placeholder="http://prometheus-server" value={source.url} onValue={(url) => change({ url })} />
        <Input label="Scrape interval" placeholder="15s" value={String(jsonData["timeInterval"] ?? "")} onValue={(timeInterval) => change({ jsonData: { ...jsonData, timeInterval } })} />
        <Select label="HTTP method" value={String(jsonData["httpMethod"] ?? "POST")} choices={["POST", "GET"].map((value) => ({ value, text: value }))} onValue={(httpMethod) => change({ jsonData: { ...jsonData, httpMethod } })} />
        <label class="check"><input type="checkbox" checked={source.isDefault} onChange={(event) => change({ isDefault: event.currentTarget.checked })} />Default data source</label>
        {result && <p class={result.isGood ? "good" : "error"} role={result.isGood ? "status" : "alert"}>{result.text}</p>}
        <div class="actions">
          <button class="primary">{source.readOnly ? "Test" : "Save & test"}</button>
          {source.uid && !source.readOnly && <button type="button" class="danger" onClick={() => void remove()}>Delete</button>}
        </div>
      </form>
    </Page>
  );
}
