// Signing in, the list of dashboards and folders, and the import of a dashboard.
import { useState } from "preact/hooks";
import { call, explain, get, type Hit, listDataSources, Refusal, saveDashboard } from "../api";
import { interpolateAll } from "../interpolate";
import { readDashboard } from "../read";
import { type Dashboard } from "../model";
import { Area, ErrorText, go, Input, Page, Select, useLoad } from "../shared";

/** Where somebody goes after signing in: only ever a path of this site. */
export const ownPath = (text: string | null | undefined) => (text && /^\/(?![/\\])/.test(text) ? text : "/");

export function LoginPage({ url }: { url: URL }) {
  const [user, setUser] = useState("");
  const [password, setPassword] = useState("");
  const [problem, setProblem] = useState<string>();
  const submit = async (event: Event) => {
    event.preventDefault();
    try {
      const { redirectUrl } = await call<{ redirectUrl?: string }>("POST", "/login", { user, password });
      location.assign(ownPath(url.searchParams.get("redirect_to") ?? redirectUrl));
    } catch (fault) {
      setProblem(explain(fault));
    }
  };
  return (
    <Page title="Sign in">
      <form class="box narrow" onSubmit={(event) => void submit(event)}>
        <Input label="Email or username" autocomplete="username" required value={user} onValue={setUser} />
        <Input label="Password" type="password" autocomplete="current-password" required value={password} onValue={setPassword} />
        <ErrorText text={problem} />
        <button class="primary">Sign in</button>
      </form>
    </Page>
  );
}

export function BrowsePage({ url }: { url: URL }) {
  const query = url.searchParams.get("query") ?? "";
  const folder = url.searchParams.get("folder") ?? "";
  const tags = url.searchParams.getAll("tag");
  const wanted = new URLSearchParams([["query", query], ...(folder ? [["folderUIDs", folder]] : []), ...tags.map((tag) => ["tag", tag])]).toString();
  const hits = useLoad(() => get<Hit[]>(`/api/search?${wanted}`), [wanted]);
  const [title, setTitle] = useState("");
  const [problem, setProblem] = useState<string>();
  const create = async (event: Event) => {
    event.preventDefault();
    try {
      await call("POST", "/api/folders", { title });
      [setTitle, setProblem].forEach((set) => set(""));
      hits.reload();
    } catch (fault) {
      setProblem(explain(fault));
    }
  };
  const inFolder = (hits.data ?? []).find(({ folderUid }) => folder && folderUid === folder)?.folderTitle;
  return (
    <Page title="Dashboards">
      <div class="toolbar">
        <Input label="Search" type="search" value={query} onValue={(text) => go(`/dashboards?${new URLSearchParams({ ...(text && { query: text }), ...(folder && { folder }) })}`, { replace: true })} />
        <div class="actions"><a class="button" href="/dashboard/new">New dashboard</a><a class="button" href="/dashboard/import">Import</a></div>
      </div>
      {folder && <p>In the folder {inFolder ?? folder}. <a href="/dashboards">Show all dashboards</a></p>}
      {tags.length > 0 && <p>Tagged {tags.join(" and ")}. <a href="/dashboards">Show all dashboards</a></p>}
      <ErrorText text={hits.error} />
      {hits.data?.length === 0 && <p class="empty">{query || folder || tags.length > 0 ? "Nothing found." : "There are no dashboards yet. Make a new one, or import one."}</p>}
      <ul class="hits">
        {hits.data?.map((hit) => (
          <li key={hit.uid}>
            <a href={hit.type === "dash-folder" ? `/dashboards?folder=${encodeURIComponent(hit.uid)}` : hit.url}>{hit.title}</a>
            {(hit.type === "dash-folder" || hit.folderTitle) && <span>{hit.folderTitle ?? "Folder"}</span>}
            {hit.tags.map((tag) => <a class="tag" href={`/dashboards?tag=${encodeURIComponent(tag)}`}>{tag}</a>)}
          </li>
        ))}
      </ul>
      <form class="toolbar" onSubmit={(event) => void create(event)}>
        <Input label="New folder" required value={title} onValue={setTitle} />
        <button>Create folder</button>
        <ErrorText text={problem} />
      </form>
    </Page>
  );
}

interface Imported { sources: { uid: string; name: string; type: string; isDefault: boolean }[]; folders: { uid: string; title: string }[] }

/** The dashboard with what was chosen for its inputs, as Grafana's import writes it. */
export function fillInputs({ __inputs: inputs = [], __requires: _, __elements: __, ...dashboard }: Dashboard, values: Record<string, string>): Dashboard {
  const scope = Object.fromEntries(inputs.map(({ name, value = "" }) => [name, { value: values[name] ?? value, text: values[name] ?? value }]));
  return { ...interpolateAll(dashboard as Dashboard, scope), id: null };
}

export function ImportPage() {
  const { data, error } = useLoad(async (): Promise<Imported> => {
    const [sources, folders] = await Promise.all([listDataSources(), get<Imported["folders"]>("/api/folders")]);
    return { sources, folders };
  }, []);
  const [text, setText] = useState("");
  const [values, setValues] = useState<Record<string, string>>({});
  const [folderUid, setFolder] = useState("");
  const [refusal, setRefusal] = useState<{ text: string; status: number }>();
  const read = text.trim() === "" ? undefined : readDashboard(text);
  const found = read && "value" in read ? read.value : undefined;
  const inputs = found?.__inputs ?? [];
  const fitting = (pluginId: string | undefined) => (data?.sources ?? []).filter(({ type }) => !pluginId || type === pluginId);
  const valueOf = ({ name, type, pluginId, value = "" }: (typeof inputs)[number]) => values[name] ?? (type === "datasource" ? ((fitting(pluginId).find(({ isDefault }) => isDefault) ?? fitting(pluginId)[0])?.uid ?? "") : value);
  const save = async (overwrite: boolean) => {
    try {
      const filled = fillInputs(found!, Object.fromEntries(inputs.map((input) => [input.name, valueOf(input)])));
      go((await saveDashboard(filled, { folderUid, overwrite })).url);
    } catch (fault) {
      const status = fault instanceof Refusal ? fault.status : 0;
      setRefusal({ status, text: status === 412 || status === 409 ? `There is already a dashboard with this uid or title. Nothing was imported. (${explain(fault)})` : explain(fault) });
    }
  };
  return (
    <Page title="Import a dashboard">
      <form class="box" onSubmit={(event) => { event.preventDefault(); if (found) void save(false); }}>
        <label class="field"><span>JSON file</span><input type="file" accept=".json,application/json" onChange={(event) => void event.currentTarget.files?.[0]?.text().then(setText)} /></label>
        <Area label="or paste the JSON" rows={12} value={text} onValue={setText} />
        {read && "problem" in read && <p class="error" role="alert">{read.problem}</p>}
        {found && (
          <>
            <p>Title: <b>{found.title || "(none)"}</b>{found.uid && <>, uid {found.uid}</>}</p>
            {inputs.map((input) => input.type === "datasource"
              ? <Select key={input.name} label={`${input.label ?? input.name} (data source)`} value={valueOf(input)}
                  choices={fitting(input.pluginId).map(({ uid, name }) => ({ value: uid, text: name }))} onValue={(value) => setValues({ ...values, [input.name]: value })} />
              : <Input key={input.name} label={input.label ?? input.name} value={valueOf(input)} onValue={(value) => setValues({ ...values, [input.name]: value })} />)}
            <Select label="Folder" value={folderUid} onValue={setFolder} choices={[{ value: "", text: "Dashboards (no folder)" }, ...(data?.folders ?? []).map(({ uid, title }) => ({ value: uid, text: title }))]} />
          </>
        )}
        <ErrorText text={refusal?.text ?? error} />
        <div class="actions">
          <button class="primary" disabled={!found}>Import</button>
          {(refusal?.status === 412 || refusal?.status === 409) && <button type="button" onClick={() => void save(true)}>Import and overwrite</button>}
        </div>
      </form>
    </Page>
  );
}
