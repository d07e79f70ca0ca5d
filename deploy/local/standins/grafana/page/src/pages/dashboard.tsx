// One dashboard: its panels on the grid, its variables and times, and everything that changes it.
import { useEffect, useMemo, useState } from "preact/hooks";
import { type DataSource, explain, findDashboard, get, listDataSources, type Meta, Refusal, saveDashboard } from "../api";
import { Refresh, TimePicker, Variables } from "../controls";
import { interpolate, type Scope } from "../interpolate";
import { layOut, type Section } from "../layout";
import { ageOf, complete, readDashboard, SCHEMA_VERSION } from "../read";
import { type Dashboard, isRecord, type Panel as PanelModel } from "../model";
import { Panel, type View } from "../panels/panel";
import { Area, ErrorText, go, Input, Page, Select, useLeaveGuard, useLoad } from "../shared";
import { type Bounds, formatInterval, knownZone, resolveRange, type TimeRange } from "../time";
import { choose, type Chosen, loadVariables, type VariableState } from "../variables";
import { newPanel, PanelEditor } from "./editor";

const EMPTY: Dashboard = { title: "New dashboard", tags: [], schemaVersion: SCHEMA_VERSION, time: { from: "now-1h", to: "now" }, refresh: "", timezone: "", panels: [], templating: { list: [] }, annotations: { list: [] } };

interface Opened { dashboard: Dashboard; meta: Meta; sources: DataSource[] }

async function open(uid: string | undefined): Promise<Opened> {
  const [sources, found] = await Promise.all([listDataSources(), uid ? findDashboard(uid) : { dashboard: EMPTY, meta: { canSave: true } }]);
  return { dashboard: complete(found.dashboard), meta: found.meta, sources };
}

export function DashboardPage({ uid, url }: { uid: string | undefined; url: URL }) {
  const { data, error, reload } = useLoad(() => open(uid), [uid]);
  if (error) return <Page title="Dashboard"><ErrorText text={error} /></Page>;
  return data ? <Shown key={`${uid}-${data.dashboard.version}`} {...data} url={url} onReload={reload} /> : <Page title="Dashboard"><p aria-busy="true">Loading…</p></Page>;
}

/** The address with some of its parameters changed; empty ones go. */
function withParams(url: URL, changes: Record<string, string | string[] | undefined>): string {
  const next = new URL(url);
  for (const [name, value] of Object.entries(changes)) {
    next.searchParams.delete(name);
    for (const one of Array.isArray(value) ? value : [value]) if (one !== undefined) next.searchParams.append(name, one);
  }
  return next.pathname + next.search;
}

function builtInScope(bounds: Bounds, dashboard: Dashboard): Scope {
  const seconds = Math.round((bounds.to - bounds.from) / 1000);
  const values: Record<string, string> = {
    __from: String(bounds.from), __to: String(bounds.to), __interval: formatInterval(15_000), __dashboard: dashboard.title,
    __range: `${seconds}s`, __range_s: String(seconds), __range_ms: String(seconds * 1000),
  };
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value, text: value }]));
}

/** Variables, once they are loaded; again when the choice changes, and with the time where they ask for it. */
function useVariables(dashboard: Dashboard, sources: DataSource[], url: URL, bounds: Bounds): { states: VariableState[]; scope: Scope; isReady: boolean } {
  const list = dashboard.templating?.list ?? [];
  const chosen: Chosen = Object.fromEntries(list.filter(({ name }) => url.searchParams.has(`var-${name}`)).map(({ name }) => [name, url.searchParams.getAll(`var-${name}`)]));
  const [loaded, setLoaded] = useState<{ states: VariableState[]; scope: Scope }>();
  const followsTime = list.some(({ refresh, type }) => refresh === 2 || type === "interval");
  const key = JSON.stringify([list, chosen, followsTime ? bounds : 0]);
  useEffect(() => {
    let isCurrent = true;
    void loadVariables(list, chosen, { sources, bounds, builtIn: builtInScope(bounds, dashboard) }).then((next) => {
      // The same values are the same scope, so that no panel asks again.
      if (isCurrent) setLoaded((before) => (before && JSON.stringify(before.scope) === JSON.stringify(next.scope) ? { ...next, scope: before.scope } : next));
    });
    return () => { isCurrent = false; };
  }, [key, sources]);
  // A control shows at once what was chosen, while what depends on it is still loading.
  const states = (loaded?.states ?? []).map((state) => ({ ...state, chosen: choose(state.variable, state.options, chosen[state.variable.name] ?? state.chosen) }));
  return { states, scope: loaded?.scope ?? {}, isReady: loaded !== undefined };
}

function Row({ section, scope, onToggle }: { section: Section; scope: Scope; onToggle: () => void }) {
  if (!section.row) return null;
  return <h2 class="row-title"><button type="button" aria-expanded={!section.isCollapsed} onClick={onToggle}>{interpolate(section.row.title ?? "", { ...scope, ...section.scope }, "text") || "Row"}</button></h2>;
}

function Grid({ dashboard, view, onEdit }: { dashboard: Dashboard; view: View; onEdit: ((panel: PanelModel) => void) | undefined }) {
  const [toggled, setToggled] = useState<Record<string, boolean>>({});
  const sections = layOut(dashboard.panels ?? [], view.scope, toggled);
  if (sections.length === 0) return <p class="empty">This dashboard has no panels yet. Add one with "Add panel".</p>;
  return (
    <>
      {sections.map((section) => (
        <div key={section.key}>
          <Row section={section} scope={view.scope} onToggle={() => setToggled({ ...toggled, [section.key]: !section.isCollapsed })} />
          {!section.isCollapsed && (
            <div class="grid">
              {section.panels.map(({ key, panel, scope, at }) => (
                <div key={key} class="cell" style={{ "--x": at.x + 1, "--y": at.y + 1, "--w": at.w, "--h": at.h }}>
                  <Panel panel={panel} local={scope} view={view} onEdit={onEdit && (() => onEdit(panel))} />
                </div>
              ))}
            </div>
          )}
        </div>
      ))}
    </>
  );
}

/** What the dashboard has above its panels that this page does not draw, in words. */
function Lacks({ dashboard }: { dashboard: Dashboard }) {
  const { links = [], annotations } = dashboard;
  const age = ageOf(dashboard);
  const asked = (annotations?.list ?? []).filter((one) => isRecord(one) && one["enable"] !== false && !one["builtIn"]);
  const lacks = [
    ...links.map(({ title, url }) => `the link ${title || url || "to other dashboards"}`),
    ...asked.map((one) => `the annotations ${isRecord(one) ? String(one["name"] ?? "") : ""}`),
  ];
  return (
    <>
      {age && <p class="note">{age}</p>}
      {lacks.length > 0 && <p class="note">This stand-in for Grafana does not show {lacks.join(", ")}.</p>}
    </>
  );
}

function SaveForm({ dashboard, meta, onSaved, onCancel, onReload, onTitle }: { dashboard: Dashboard; meta: Meta; onSaved: (url: string) => void; onCancel: () => void; onReload: () => void; onTitle: (title: string) => void }) {
  const folders = useLoad(() => get<{ uid: string; title: string }[]>("/api/folders"), []);
  const [folderUid, setFolder] = useState(meta.folderUid ?? "");
  const [message, setMessage] = useState("");
  const [refusal, setRefusal] = useState<{ text: string; status: number }>();
  const save = async (overwrite: boolean) => {
    try {
      onSaved((await saveDashboard({ ...dashboard }, { folderUid, message, overwrite })).url);
    } catch (fault) {
      setRefusal({ text: explain(fault), status: fault instanceof Refusal ? fault.status : 0 });
    }
  };
  return (
    <form class="box" aria-label="Save dashboard" onSubmit={(event) => { event.preventDefault(); void save(false); }}>
      <Input label="Dashboard title" required value={dashboard.title} onValue={onTitle} />
      <Select label="Folder" value={folderUid} onValue={setFolder} choices={[{ value: "", text: "Dashboards (no folder)" }, ...(folders.data ?? []).map(({ uid, title }) => ({ value: uid, text: title }))]} />
      <Input label="What changed (optional)" value={message} onValue={setMessage} />
      <ErrorText text={refusal?.text} />
      <div class="actions">
        <button class="primary">Save dashboard</button>
        {(refusal?.status === 412 || refusal?.status === 409) && <button type="button" onClick={() => void save(true)}>Overwrite what is stored</button>}
        {refusal?.status === 412 && <button type="button" onClick={onReload}>Load what is stored, dropping my changes</button>}
        <button type="button" onClick={onCancel}>Go on editing</button>
      </div>
    </form>
  );
}

function JsonSettings({ dashboard, onApply, onCancel }: { dashboard: Dashboard; onApply: (dashboard: Dashboard) => void; onCancel: () => void }) {
  const [text, setText] = useState(() => JSON.stringify(dashboard, null, 2));
  const read = readDashboard(text);
  return (
    <form class="box" aria-label="Dashboard settings" onSubmit={(event) => { event.preventDefault(); if ("value" in read) onApply(read.value); }}>
      <Area label="JSON model" rows={24} value={text} onValue={setText} />
      {"problem" in read && <p class="error" role="alert">{read.problem}</p>}
      <div class="actions">
        <button class="primary" disabled={"problem" in read}>Apply JSON</button>
        <a class="button" download={`${dashboard.uid ?? "dashboard"}.json`} href={`data:application/json,${encodeURIComponent(text)}`}>Download JSON</a>
        <button type="button" onClick={onCancel}>Discard</button>
      </div>
    </form>
  );
}

/** The panels with `panel` in its place, inside a collapsed row too; without it where `next` is undefined. */
function replacePanel(panels: PanelModel[], panel: PanelModel, next: PanelModel | undefined): PanelModel[] {
  return panels.flatMap((one) => (one.id === panel.id ? (next ?? []) : one.panels ? { ...one, panels: replacePanel(one.panels, panel, next) } : one));
}

type Mode = { kind: "view" | "save" | "json" } | { kind: "panel"; panel: PanelModel; isNew: boolean };

function Shown({ dashboard: stored, meta, sources, url, onReload }: Opened & { url: URL; onReload: () => void }) {
  const [dashboard, setDashboard] = useState(stored);
  const [mode, setMode] = useState<Mode>({ kind: "view" });
  const [tick, setTick] = useState(0);
  const isDirty = dashboard !== stored;
  useLeaveGuard(isDirty || mode.kind === "panel" || mode.kind === "json");
  const param = (name: string) => url.searchParams.get(name) ?? undefined;
  const zone = knownZone(param("timezone") ?? dashboard.timezone);
  const range: TimeRange = { from: param("from") ?? dashboard.time?.from ?? "now-6h", to: param("to") ?? dashboard.time?.to ?? "now" };
  const every = param("refresh") ?? (dashboard.refresh || "");
  const bounds = useMemo(() => resolveRange(range, Date.now(), zone) ?? resolveRange({ from: "now-1h", to: "now" }, Date.now(), zone)!, [range.from, range.to, zone, tick]);
  const { states, scope, isReady } = useVariables(dashboard, sources, url, bounds);
  const change = (params: Parameters<typeof withParams>[1]) => go(withParams(url, params), { replace: true });
  const view: View = {
    scope, bounds, zone, sources, tick, sync: Number(dashboard["graphTooltip"] ?? 0),
    onZoom: ({ from, to }) => change({ from: String(from), to: String(to) }),
  };
  const panels = dashboard.panels ?? [];
  const source = sources.find(({ isDefault }) => isDefault) ?? sources[0];
  const applied = (next: Dashboard) => {
    setDashboard(next);
    setMode({ kind: "view" });
  };
  const saved = (address: string) => {
    if (stored.uid && address.startsWith(`/d/${stored.uid}/`)) onReload();
    go(address + (url.searchParams.size > 0 ? url.search : ""), { force: true });
    setMode({ kind: "view" });
  };
  return (
    <Page title={dashboard.title}>
      <div class="toolbar">
        <TimePicker range={range} zone={zone} onRange={({ from, to }) => change({ from, to })} onZone={(next) => change({ timezone: next })} />
        <Refresh every={every} offered={dashboard.timepicker?.refresh_intervals} onEvery={(next) => change({ refresh: next })} onNow={() => setTick((count) => count + 1)} />
        {mode.kind === "view" && (
          <div class="actions">
            {meta.canSave !== false && <button type="button" onClick={() => setMode({ kind: "panel", panel: newPanel(panels, source), isNew: true })}>Add panel</button>}
            <button type="button" onClick={() => setMode({ kind: "json" })}>Settings (JSON)</button>
            {meta.canSave !== false && <button type="button" class={isDirty ? "primary" : ""} onClick={() => setMode({ kind: "save" })}>Save</button>}
          </div>
        )}
      </div>
      {isDirty && mode.kind !== "save" && <p class="note" role="status">This dashboard has changes that are not saved yet.</p>}
      {meta.provisioned && <p class="note">This dashboard comes from a provisioned file; what is saved here lasts only until the file changes.</p>}
      {mode.kind === "save" && (
        <SaveForm dashboard={dashboard} meta={meta} onSaved={saved} onCancel={() => setMode({ kind: "view" })} onTitle={(title) => setDashboard({ ...dashboard, title })}
          onReload={() => { setDashboard(stored); onReload(); }} />
      )}
      <Lacks dashboard={dashboard} />
      <Variables states={states} onChoose={(name, values) => change({ [`var-${name}`]: values })} />
      {mode.kind === "json" && <JsonSettings dashboard={dashboard} onApply={applied} onCancel={() => setMode({ kind: "view" })} />}
      {mode.kind === "panel" && (
        <PanelEditor panel={mode.panel} isNew={mode.isNew} view={view} onCancel={() => setMode({ kind: "view" })}
          onRemove={() => applied({ ...dashboard, panels: replacePanel(panels, mode.panel, undefined) })}
          onApply={(panel) => applied({ ...dashboard, panels: mode.isNew ? [...panels, panel] : replacePanel(panels, mode.panel, panel) })} />
      )}
      {isReady && (mode.kind === "view" || mode.kind === "save") && <Grid dashboard={dashboard} view={view} onEdit={meta.canSave === false ? undefined : (panel) => setMode({ kind: "panel", panel, isNew: false })} />}
    </Page>
  );
}
