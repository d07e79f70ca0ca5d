// A panel: its heading, its data, and how the data is drawn; errors and lacks in words.
import { useEffect, useRef, useState } from "preact/hooks";
import { type DataSource } from "../api";
import { interpolate, type Scope } from "../interpolate";
import { type Panel as PanelModel } from "../model";
import { Boundary } from "../shared";
import { type Bounds } from "../time";
import { loadPanel, type PanelData } from "./data";
import { lacksOf } from "./lacks";
import { Table } from "./table";
import { Text } from "./text";
import { TimeSeries } from "./timeseries";
import { BarGauge, Gauge, Stat } from "./values";

export interface View { scope: Scope; bounds: Bounds; zone: string; sources: DataSource[]; tick: number; sync: number; onZoom: (bounds: Bounds) => void }
interface Props { panel: PanelModel; local: Scope; view: View; onEdit?: (() => void) | undefined; eager?: boolean }

export const PANEL_TYPES: Record<string, string> = { timeseries: "Time series", stat: "Stat", gauge: "Gauge", bargauge: "Bar gauge", table: "Table", text: "Text", row: "Row" };

function Drawn({ panel, data, view, title }: { panel: PanelModel; data: PanelData; view: View; title: string }) {
  const options = panel.options ?? {};
  const shared = { frames: data.frames, options, zone: view.zone };
  switch (panel.type) {
    case "timeseries": return <TimeSeries {...shared} title={title} bounds={data.bounds} sync={view.sync} onZoom={view.onZoom} />;
    case "stat": return <Stat {...shared} />;
    case "gauge": return <Gauge {...shared} />;
    case "bargauge": return <BarGauge {...shared} />;
    default: return <Table {...shared} title={title} />;
  }
}

function Body({ panel, data, view, scope, title }: { panel: PanelModel; data: PanelData | undefined; view: View; scope: Scope; title: string }) {
  if (panel.type === "text") return <Text title={title} options={panel.options ?? {}} scope={scope} />;
  if (!Object.hasOwn(PANEL_TYPES, panel.type)) return <p class="empty">Panels of the type "{panel.type}" are not drawn by this stand-in for Grafana.</p>;
  if (!data) return <p class="empty" aria-busy="true">Loading…</p>;
  const lacks = lacksOf(panel);
  return (
    <>
      {data.errors.map((error) => <p class="error" role="alert">{error}</p>)}
      {data.notices.map((notice) => <p class="note">{notice}</p>)}
      {lacks.length > 0 && <p class="note">This stand-in for Grafana does not show {lacks.join(", ")}.</p>}
      {data.isEmpty ? data.errors.length === 0 && <p class="empty">{panel.fieldConfig?.defaults.noValue ?? "No data"}</p> : <Drawn panel={panel} data={data} view={view} title={title} />}
    </>
  );
}

export function Panel({ panel, local, view, onEdit, eager = false }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const [isSeen, setSeen] = useState(eager);
  const [data, setData] = useState<PanelData>();
  const scope = { ...view.scope, ...local };
  const title = interpolate(panel.title ?? "", scope, "text");

  // Only panels near the window ask for data: dashboards of a hundred panels are common.
  useEffect(() => {
    const watch = new IntersectionObserver(([entry]) => entry?.isIntersecting && setSeen(true), { rootMargin: "300px" });
    watch.observe(place.current!);
    return () => watch.disconnect();
  }, []);

  const asked = JSON.stringify([panel.targets, panel.datasource, panel.transformations, panel.fieldConfig, panel.interval, panel.maxDataPoints, panel.timeFrom, panel.timeShift, local]);
  useEffect(() => {
    if (!isSeen || panel.type === "text") return undefined;
    let isCurrent = true;
    void loadPanel(panel, scope, view.bounds, place.current?.clientWidth ?? 500, view.sources).then((loaded) => isCurrent && setData(loaded));
    return () => { isCurrent = false; };
  }, [isSeen, asked, view.scope, view.bounds, view.tick, view.sources]);

  return (
    <div ref={place} class={`panel ${panel.transparent ? "transparent" : ""}`} role="group" aria-label={title || `Panel ${panel.id}`}>
      {(title || onEdit) && (
        <header>
          {title && <h2>{title}</h2>}
          {panel.description && <details class="description"><summary aria-label={`Description of ${title}`}>i</summary><p>{interpolate(panel.description, scope, "text")}</p></details>}
          {onEdit && <button type="button" class="quiet" onClick={onEdit} aria-label={`Edit panel ${title || panel.id}`}>Edit</button>}
        </header>
      )}
      <div class="panel-body"><Boundary key={asked} what="This panel"><Body panel={panel} data={data} view={view} scope={scope} title={title} /></Boundary></div>
    </div>
  );
}
