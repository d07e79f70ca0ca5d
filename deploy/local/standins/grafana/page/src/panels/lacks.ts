// What a panel has that this page does not draw, in words, so that nothing is left out silently.
import { MATCHERS } from "../fields";
import { asArray, isRecord, type Link, type Panel } from "../model";
import { REDUCER_NAMES } from "../reducers";

const COLOR_MODES = /^(thresholds|fixed|palette-classic|palette-classic-by-name|continuous-\w+)$/;
const CELLS = /^(auto|color-\w+|gauge|basic|lcd-gauge|gradient-gauge|json\w*|json-view)$/;

export function lacksOf({ libraryPanel, links = [], options = {}, targets = [], fieldConfig }: Panel): string[] {
  const { defaults = {}, overrides = [] } = fieldConfig ?? {};
  const part = (name: string, key: string) => (isRecord(options[name]) ? asArray(options[name][key] as string[]) : []);
  const given = (id: string) => overrides.flatMap(({ properties }) => properties.filter((one) => one.id === id).map(({ value }) => value));
  const modes = [defaults.color, ...given("color")].flatMap((color) => (isRecord(color) ? String(color["mode"]) : []));
  const cells = [defaults.custom?.["cellOptions"], ...given("custom.cellOptions")].flatMap((cell) => (isRecord(cell) ? String(cell["type"]) : []));
  const calcs = [...part("reduceOptions", "calcs"), ...part("legend", "calcs"), ...part("footer", "reducer")];
  const found: (string | false)[] = [
    libraryPanel !== undefined && "what it has from a library panel",
    links.length > 0 && "its links",
    [defaults.links, ...given("links")].some((all) => asArray(all as Link[]).length > 0) && "the links of its values",
    options["showPercentChange"] === true && "the change in percent",
    options["showThresholdLabels"] === true && "the labels of thresholds",
    targets.some(({ exemplar }) => exemplar === true) && "exemplars",
    ...targets.filter(({ expr, hide }) => typeof expr !== "string" && !hide).map(({ refId }) => `the query ${refId}, which is not PromQL`),
    ...calcs.filter((id) => !Object.hasOwn(REDUCER_NAMES, id)).map((id) => `the calculation ${id}`),
    ...modes.filter((mode) => !COLOR_MODES.test(mode)).map((mode) => `the colours ${mode}`),
    ...cells.filter((cell) => !CELLS.test(cell)).map((cell) => `cells of the type ${cell}`),
    ...overrides.filter(({ matcher: { id } }) => !MATCHERS.includes(id)).map(({ matcher: { id } }) => `overrides ${id}`),
  ];
  return [...new Set(found.filter((one) => one !== false))];
}
