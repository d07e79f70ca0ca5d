// A dashboard's JSON as this page works on it: that of Grafana 12. What earlier versions wrote differently is named.
import { type Dashboard, isRecord, type Panel } from "./model";

export const SCHEMA_VERSION = 41;
/** From here on, dashboards have the panels, mappings and data sources that this page reads. */
const OLDEST_SCHEMA_VERSION = 36;

/** The dashboard that somebody typed or chose, or what is wrong with it in words. */
export function readDashboard(text: string): { value: Dashboard } | { problem: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (fault) {
    return { problem: `This is not valid JSON: ${fault instanceof Error ? fault.message : String(fault)}` };
  }
  if (!isRecord(value)) return { problem: "This is JSON, but not an object: a dashboard begins with {." };
  if (isRecord(value["spec"]) || value["elements"])
    return { problem: "This is a resource or a dashboard of schema v2. This stand-in for Grafana reads the classic JSON: export it from Grafana 12 as Classic." };
  return { value: complete(value as unknown as Dashboard) };
}

/** A copy of `dashboard` with what the page relies on. Fields that it does not know are kept, and so is the schema's version. */
export function complete(dashboard: Dashboard): Dashboard {
  const copy = structuredClone(dashboard);
  copy.panels = (copy.panels ?? []).map(completePanel);
  const all = copy.panels.flatMap((panel) => [panel, ...(panel.panels ?? [])]);
  let id = Math.max(0, ...all.map((panel) => panel.id || 0));
  for (const panel of all) panel.id ||= ++id;
  copy.templating = { ...copy.templating, list: copy.templating?.list ?? [] };
  return copy;
}

function completePanel(panel: Panel): Panel {
  const { gridPos = { x: 0, y: 0, w: 12, h: 9 }, fieldConfig, panels } = panel;
  return {
    ...panel, gridPos, ...(panels && { panels: panels.map(completePanel) }),
    ...(fieldConfig && { fieldConfig: { ...fieldConfig, defaults: fieldConfig.defaults ?? {}, overrides: fieldConfig.overrides ?? [] } }),
  };
}

/** What an earlier Grafana wrote that is not read here, in words. */
export function ageOf({ schemaVersion = 0, rows }: Dashboard & { rows?: unknown }): string | undefined {
  if (schemaVersion >= OLDEST_SCHEMA_VERSION && !rows) return undefined;
  return `This dashboard has schema version ${schemaVersion}, of an earlier Grafana. This stand-in reads version ${OLDEST_SCHEMA_VERSION} and later: open it in Grafana 12 and export it there.`;
}
