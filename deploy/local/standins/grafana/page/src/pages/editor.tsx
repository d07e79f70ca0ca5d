// The panel editor: a form beside a preview. What it does not offer stays in the panel as it was.
import { useState } from "preact/hooks";
import { type DataSource } from "../api";
import { type FieldConfig, type Panel as PanelModel, type Target } from "../model";
import { type LegendOptions } from "../panels/legend";
import { Panel, PANEL_TYPES, type View } from "../panels/panel";
import { REDUCER_NAMES } from "../reducers";
import { Area, Input, Select } from "../shared";
import { OFFERED_UNITS } from "../units";

const CALCS = ["lastNotNull", "min", "max", "mean", "sum"];
const FORMATS = { time_series: "Time series", table: "Table" };
const choices = (values: Record<string, string>) => Object.entries(values).map(([value, text]) => ({ value, text }));
const numberOrNothing = (text: string) => (text.trim() === "" || Number.isNaN(Number(text)) ? undefined : Number(text));

/** A panel as Grafana 12 makes a new one. */
export function newPanel(panels: PanelModel[], source: DataSource | undefined): PanelModel {
  const datasource = source ? { type: source.type, uid: source.uid } : null;
  return {
    id: Math.max(0, ...panels.flatMap((panel) => [panel.id, ...(panel.panels ?? []).map(({ id }) => id)])) + 1, type: "timeseries", title: "New panel",
    gridPos: { x: 0, y: Math.max(0, ...panels.map(({ gridPos: { y, h } }) => y + h)), w: 12, h: 8 }, datasource, targets: [{ refId: "A", expr: "", legendFormat: "__auto", range: true, datasource }],
    fieldConfig: { defaults: { color: { mode: "palette-classic" }, custom: {}, mappings: [], thresholds: { mode: "absolute", steps: [{ value: null, color: "green" }, { value: 80, color: "red" }] } }, overrides: [] },
    options: { legend: { showLegend: true, displayMode: "list", placement: "bottom", calcs: [] }, tooltip: { mode: "single", sort: "none" } },
  };
}

/** Another type keeps title, queries and field settings, and gets what the type needs. */
export function withType(panel: PanelModel, type: string): PanelModel {
  const options = panel.options ?? {};
  if (type === "row") return { ...panel, type, collapsed: false, panels: [], gridPos: { ...panel.gridPos, x: 0, w: 24, h: 1 } };
  const height = panel.type === "row" ? 8 : panel.gridPos.h;
  const reduced = { reduceOptions: { calcs: ["lastNotNull"], fields: "", values: false }, ...options };
  const targets = panel.targets?.map((target) => (type === "table" ? { ...target, format: "table", instant: true, range: false } : { ...target, format: "time_series", instant: false, range: true }));
  const defaults: FieldConfig = { ...panel.fieldConfig?.defaults, color: { mode: type === "timeseries" ? "palette-classic" : "thresholds" } };
  return {
    ...panel, type, gridPos: { ...panel.gridPos, h: height }, ...(targets && { targets }), ...(type !== "text" && { fieldConfig: { defaults, overrides: panel.fieldConfig?.overrides ?? [] } }),
    options: type === "text" ? { mode: "markdown", content: "", ...options } : ["stat", "gauge", "bargauge"].includes(type) ? reduced : options,
  };
}

function Query({ target, at, isTable, onChange, onRemove }: { target: Target; at: number; isTable: boolean; onChange: (target: Target) => void; onRemove: (() => void) | undefined }) {
  const kind = target.instant ? (target.range ? "both" : "instant") : "range";
  const kinds = { range: "Range", instant: "Instant", ...(kind === "both" && { both: "Both" }) };
  return (
    <fieldset>
      <legend>Query {target.refId || at + 1}</legend>
      <Area label={`PromQL of query ${target.refId}`} rows={3} value={target.expr ?? ""} onValue={(expr) => onChange({ ...target, expr })} />
      <Input label={`Legend of query ${target.refId}`} placeholder="{{pod}}" value={target.legendFormat ?? ""} onValue={(legendFormat) => onChange({ ...target, legendFormat })} />
      <Select label={`Kind of query ${target.refId}`} value={kind} choices={choices(kinds)} onValue={(next) => onChange({ ...target, instant: next !== "range", range: next !== "instant" })} />
      {isTable && <Select label={`Format of query ${target.refId}`} value={target.format ?? "time_series"} choices={choices(FORMATS)} onValue={(format) => onChange({ ...target, format })} />}
      {onRemove && <button type="button" class="quiet" onClick={onRemove}>Remove query {target.refId}</button>}
    </fieldset>
  );
}

interface Part { panel: PanelModel; change: (part: Partial<PanelModel>) => void }

function Queries({ panel, change, view }: Part & { view: View }) {
  const targets = panel.targets ?? [];
  const uid = typeof panel.datasource === "object" ? (panel.datasource?.uid ?? "") : (panel.datasource ?? "");
  const known = view.sources.map((source) => ({ value: source.uid, text: source.name }));
  const sources = known.some(({ value }) => value === uid) ? known : [{ value: uid, text: uid || "Default" }, ...known];
  const setSource = (next: string) => {
    const datasource = { type: view.sources.find((source) => source.uid === next)?.type ?? "prometheus", uid: next };
    change({ datasource, targets: targets.map((target) => ({ ...target, datasource })) });
  };
  const setTarget = (at: number, target: Target) => change({ targets: targets.map((one, place) => (place === at ? target : one)) });
  const remove = (at: number) => (targets.length > 1 ? () => change({ targets: targets.filter((_, place) => place !== at) }) : undefined);
  const add = () => {
    const refId = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"].find((letter) => targets.every((target) => target.refId !== letter)) ?? `Q${targets.length}`;
    change({ targets: [...targets, { ...(targets.at(-1) ?? {}), refId, expr: "" }] });
  };
  return (
    <>
      <Select label="Data source" value={uid} choices={sources} onValue={setSource} />
      {targets.map((target, at) => (
        <Query key={at} target={target} at={at} isTable={panel.type === "table"} onChange={(next) => setTarget(at, next)} onRemove={remove(at)} />
      ))}
      <button type="button" onClick={add}>Add query</button>
    </>
  );
}

function Values({ panel, change }: Part) {
  const { defaults = {}, overrides = [] } = panel.fieldConfig ?? {};
  const unit = defaults.unit ?? "";
  const units = { "": "None", ...OFFERED_UNITS, ...(unit && !Object.hasOwn(OFFERED_UNITS, unit) && { [unit]: unit }) };
  const set = (part: Record<string, unknown>) => {
    const next = Object.entries({ ...defaults, ...part }).filter(([, value]) => value !== undefined);
    change({ fieldConfig: { defaults: Object.fromEntries(next) as FieldConfig, overrides } });
  };
  return (
    <fieldset>
      <legend>Values</legend>
      <Select label="Unit" value={unit} choices={choices(units)} onValue={(next) => set({ unit: next || undefined })} />
      <Input label="Decimals" type="number" min="0" value={defaults.decimals ?? ""} onValue={(text) => set({ decimals: numberOrNothing(text) })} />
      <Input label="Min" type="number" step="any" value={defaults.min ?? ""} onValue={(text) => set({ min: numberOrNothing(text) })} />
      <Input label="Max" type="number" step="any" value={defaults.max ?? ""} onValue={(text) => set({ max: numberOrNothing(text) })} />
    </fieldset>
  );
}

function LegendSettings({ panel, change }: Part) {
  const legend = (panel.options?.["legend"] ?? {}) as LegendOptions;
  const { calcs = [] } = legend;
  const set = (part: LegendOptions) => change({ options: { ...panel.options, legend: { ...legend, ...part } } });
  const setMode = (mode: string) => set(mode === "hidden" ? { showLegend: false } : { showLegend: true, displayMode: mode });
  const toggle = (id: string) => set({ calcs: calcs.includes(id) ? calcs.filter((one) => one !== id) : [...calcs, id] });
  const mode = legend.showLegend === false ? "hidden" : (legend.displayMode ?? "list");
  return (
    <fieldset>
      <legend>Legend</legend>
      <Select label="Legend mode" value={mode} choices={choices({ list: "List", table: "Table", hidden: "Hidden" })} onValue={setMode} />
      <Select label="Legend placement" value={legend.placement ?? "bottom"} choices={choices({ bottom: "Bottom", right: "Right" })} onValue={(placement) => set({ placement })} />
      {CALCS.map((id) => <label class="check"><input type="checkbox" checked={calcs.includes(id)} onChange={() => toggle(id)} />{REDUCER_NAMES[id]}</label>)}
    </fieldset>
  );
}

const SIDES = [["x", "Column", "0", "23"], ["y", "Line", "0", "1000"], ["w", "Width", "1", "24"], ["h", "Height", "1", "100"]] as const;

function Place({ panel: { gridPos }, change }: Part) {
  return (
    <fieldset>
      <legend>Place on the grid of 24 columns</legend>
      {SIDES.map(([side, label, min, max]) => {
        const set = (text: string) => change({ gridPos: { ...gridPos, [side]: Math.max(Number(min), Math.round(Number(text))) } });
        return <Input label={label} type="number" min={min} max={max} value={gridPos[side]} onValue={set} />;
      })}
    </fieldset>
  );
}

interface Props { panel: PanelModel; isNew: boolean; view: View; onApply: (panel: PanelModel) => void; onRemove: () => void; onCancel: () => void }

export function PanelEditor({ panel: original, isNew, view, onApply, onRemove, onCancel }: Props) {
  const [panel, setPanel] = useState(original);
  const change = (part: Partial<PanelModel>) => setPanel({ ...panel, ...part });
  const types = Object.hasOwn(PANEL_TYPES, panel.type) ? PANEL_TYPES : { ...PANEL_TYPES, [panel.type]: `${panel.type} (not drawn here)` };
  const setContent = (content: string) => change({ options: { ...panel.options, content } });
  const hasData = panel.type !== "text" && panel.type !== "row";
  return (
    <form class="editor" onSubmit={(event) => { event.preventDefault(); onApply(panel); }}>
      <div class="editor-preview">
        {panel.type === "row" ? <p class="empty">A row has a title and the panels below it.</p> : <Panel key={panel.type} panel={panel} local={{}} view={view} eager />}
      </div>
      <div class="editor-form">
        <Input label="Title" value={panel.title ?? ""} onValue={(title) => change({ title })} />
        <Select label="Type" value={panel.type} choices={choices(types)} onValue={(type) => setPanel(withType(panel, type))} />
        {panel.type === "text" && <Area label="Text (Markdown)" rows={10} value={String(panel.options?.["content"] ?? "")} onValue={setContent} />}
        {hasData && <Queries panel={panel} change={change} view={view} />}
        {hasData && <Values panel={panel} change={change} />}
        {panel.type === "timeseries" && <LegendSettings panel={panel} change={change} />}
        <Place panel={panel} change={change} />
        <div class="actions">
          <button class="primary">{isNew ? "Add to dashboard" : "Apply to dashboard"}</button>
          <button type="button" onClick={onCancel}>Discard</button>
          {!isNew && <button type="button" class="danger" onClick={onRemove}>Remove panel</button>}
        </div>
      </div>
    </form>
  );
}
