// The page of the stand-in for Grafana, on the real server, from signing in to a dashboard that is saved.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { EVERY_PANEL, EXPORTED, OLD } from "./support/dashboards.mjs";
import { ADMIN, Grafana } from "./support/grafana.mjs";
import { inspectEverywhere } from "./support/inspection.mjs";
import { startPrometheus } from "./support/prometheus.mjs";
import { Visitor, launch } from "./support/visitor.mjs";

const browser = await launch();
/** @type {Grafana} */
let grafana;
/** @type {Awaited<ReturnType<typeof startPrometheus>>} */
let prometheus;
/** @type {Visitor} */
let ada;

before(async () => {
  prometheus = await startPrometheus();
  grafana = await Grafana.start();
  // All that a visitor needs of a site is where it is.
  ada = await Visitor.arrive(browser, /** @type {any} */ (grafana));
});

after(async () => {
  await browser.close();
  await grafana?.stop();
  await prometheus?.stop();
});

/** @param {string} name */
const panel = (name) => ada.page.getByRole("group", { name, exact: true });
/** @param {string | RegExp} name */
const press = (name) => ada.page.getByRole("button", { name, exact: true }).click();
/** @param {string} name @param {string} text */
const type = (name, text) => ada.page.getByLabel(name, { exact: true }).fill(text);

/**
 * Puts long text into a field at once: what types it line by line takes seconds.
 * @param {string} name
 * @param {string} text
 */
function paste(name, text) {
  return ada.page.getByLabel(name, { exact: true }).evaluate((element, value) => {
    /** @type {HTMLTextAreaElement} */ (element).value = value;
    element.dispatchEvent(new InputEvent("input", { bubbles: true, inputType: "insertFromPaste" }));
  }, text);
}

/** What the browser complained of, without the refusals that a test asked for. */
function problems() {
  return ada.takeProblems().filter((problem) => !/status of (400|401|404|409|412)/.test(problem));
}

test("somebody signs in, and is told in words when the password is wrong", async () => {
  await ada.goto("/d/every-panel");
  await ada.expectHeading("Sign in");
  await type("Email or username", ADMIN.user);
  await type("Password", "wrong");
  await press("Sign in");
  await ada.page.getByText("Invalid username or password").waitFor();
  assert.deepEqual(await inspectEverywhere(ada, "grafana-sign-in"), []);
  await type("Password", ADMIN.password);
  await press("Sign in");
  await ada.page.getByRole("navigation", { name: "Main" }).waitFor();
  await ada.goto("/dashboards");
  await ada.page.getByText("There are no dashboards yet. Make a new one, or import one.").waitFor();
  assert.deepEqual(problems(), []);
});

test("a data source is added, and says whether it answers", async () => {
  await ada.goto("/connections/datasources/new");
  await type("Name", "Prometheus");
  await type("Prometheus server URL", "http://127.0.0.1:1");
  assert.ok(await ada.page.getByLabel("Default data source").isChecked(), "the first one is the default");
  await press("Save & test");
  await ada.page.getByText(/error returned querying the Prometheus API/).waitFor();
  await type("Prometheus server URL", prometheus.url);
  await press("Save & test");
  await ada.page.getByText("Successfully queried the Prometheus API.").waitFor();
  assert.deepEqual(await inspectEverywhere(ada, "grafana-data-source", { two: true }), []);
  assert.deepEqual(problems(), []);
});

test("every type of panel is drawn, and what cannot be drawn is named", async () => {
  await grafana.call("POST", "/api/dashboards/db", { dashboard: EVERY_PANEL });
  await ada.goto("/d/every-panel");
  await ada.expectHeading("Every panel");
  await ada.page.getByText("This stand-in for Grafana does not show the link Other tests, the link Runbook, the annotations Deployments.").waitFor();
  await panel("Requests in shop").getByRole("img", { name: /3 series\. Last values: web-1 .*req\/s/ }).waitFor();
  await panel("Memory, stacked").getByRole("button", { name: "store-1" }).waitFor();
  await panel("Targets").getByText("Down").waitFor();
  await panel("Rate").getByText(/req\/s$/).waitFor();
  await panel("Share").getByRole("img", { name: /^store: .*%$/ }).waitFor();
  await panel("Memory by pod").getByText(/MiB$/).first().waitFor();
  await panel("Pods").getByRole("row").nth(3).waitFor();
  assert.deepEqual(await panel("Pods").getByRole("columnheader").allInnerTexts(), ["Pod", "Requests", "Memory\n↓"]);
  assert.deepEqual(await panel("Pods").getByRole("row").count(), 4);
  await panel("About").getByRole("heading", { level: 3, name: "The shop" }).waitFor();
  await panel("Latency").getByText('Panels of the type "heatmap" are not drawn by this stand-in for Grafana.').waitFor();
  await panel("Map").getByText('Panels of the type "geomap" are not drawn by this stand-in for Grafana.').waitFor();
  await panel("Nothing").getByText("No data").waitFor();
  await panel("Broken").getByText(/parse error/).waitFor();
  // What is far below asks for its data once somebody scrolls there.
  await panel("Memory of web-1").scrollIntoViewIfNeeded();
  await panel("Faulty").getByText(/^This panel could not be drawn: /).waitFor();
  for (const pod of ["store-1", "web-1", "web-2"]) await panel(`Memory of ${pod}`).getByText(/MiB$/).waitFor();
  assert.equal(await panel("Inside").count(), 0);
  await press("Closed");
  await panel("Inside").getByText(/MiB$/).first().waitFor();
  assert.deepEqual(await inspectEverywhere(ada, "grafana-every-panel"), []);
  // The hostile picture of the text panel is stopped twice: by what cleans it, and by the policy that names it here.
  assert.match(await ada.page.title(), /^Every panel/);
  const left = problems().filter((problem) => !problem.includes("Executing inline event handler violates"));
  assert.deepEqual(left, []);
});

test("a variable narrows the panels and stands in the address", async () => {
  await ada.page.getByLabel("Pod: All").click();
  await ada.page.getByRole("checkbox", { name: "web-2", exact: true }).check();
  await panel("Requests in shop").getByRole("img", { name: /1 series/ }).waitFor();
  await ada.page.waitForURL((url) => url.search === "?var-pod=web-2");
  await ada.page.keyboard.press("Escape");
  await panel("Memory of web-1").waitFor({ state: "detached" });
  await ada.page.reload();
  await panel("Requests in shop").getByRole("img", { name: /1 series/ }).waitFor();
});

test("a time range is chosen by keyboard, and by dragging over a graph", async () => {
  const summary = ada.page.locator(".time-picker > summary");
  await summary.focus();
  await ada.page.keyboard.press("Enter");
  const range = await ada.page.locator(".time-picker > .pop").boundingBox();
  assert.ok(range && range.width > 300, `the ranges stand beside the form: ${range?.width} px`);
  await type("From", "now-2h");
  await type("To", "yesterday");
  await ada.page.getByText(/Write times as now-6h/).waitFor();
  await type("To", "now");
  await ada.page.keyboard.press("Enter");
  await ada.page.getByText("Last 2 hours UTC").waitFor();
  await ada.page.waitForURL((url) => url.searchParams.get("from") === "now-2h");
  const over = panel("Requests in shop").locator(".u-over");
  await over.hover({ position: { x: 100, y: 20 } });
  await ada.page.getByRole("img", { name: /Requests in shop/ }).locator(".tooltip").waitFor();
  const box = await over.boundingBox();
  assert.ok(box);
  await ada.page.mouse.down();
  await ada.page.mouse.move(box.x + 200, box.y + 20, { steps: 4 });
  await ada.page.mouse.up();
  await ada.page.waitForURL(/from=\d{13}&to=\d{13}/);
  const { searchParams } = new URL(ada.page.url());
  const minutes = (Number(searchParams.get("to")) - Number(searchParams.get("from"))) / 60_000;
  assert.ok(minutes > 5 && minutes < 60, `${minutes} minutes`);
});

test("the legend switches a series off", async () => {
  await ada.goto("/d/every-panel");
  const entry = panel("Requests in shop").getByRole("button", { name: "web-1" });
  await entry.click();
  await panel("Requests in shop").getByRole("button", { name: "web-1", pressed: false }).waitFor();
  problems();
});

test("a learner builds a dashboard in the browser, and saves what Grafana 12 reads", async () => {
  await ada.goto("/dashboard/new");
  await press("Add panel");
  await type("Title", "Requests");
  await type("PromQL of query A", "sum by (job) (rate(http_requests_total[5m]))");
  await type("Legend of query A", "{{job}}");
  await ada.page.getByRole("combobox", { name: "Unit" }).selectOption("requests/sec (rps)");
  await ada.page.getByLabel("Legend mode").selectOption("table");
  await ada.page.getByLabel("Max", { exact: true }).first().waitFor();
  await panel("Requests").getByRole("img", { name: /2 series/ }).waitFor();
  assert.deepEqual(await inspectEverywhere(ada, "grafana-panel-editor"), []);
  await press("Add to dashboard");
  await ada.page.getByText("This dashboard has changes that are not saved yet.").waitFor();
  await press("Save");
  await type("Dashboard title", "Ada's service");
  await press("Save dashboard");
  await ada.page.waitForURL(/\/d\/[^/]+\/adas?-?s-service/);
  await panel("Requests").getByRole("img", { name: /2 series/ }).waitFor();
  const uid = new URL(ada.page.url()).pathname.split("/")[2];
  const { dashboard } = await grafana.call("GET", `/api/dashboards/uid/${uid}`);
  assert.equal(dashboard.schemaVersion, 41);
  assert.equal(dashboard.title, "Ada's service");
  const [saved] = dashboard.panels;
  assert.deepEqual([saved.type, saved.title, saved.fieldConfig.defaults.unit, saved.options.legend.displayMode], ["timeseries", "Requests", "reqps", "table"]);
  assert.deepEqual(saved.targets.map((/** @type {{ refId: string, expr: string }} */ { refId, expr }) => [refId, expr]), [["A", "sum by (job) (rate(http_requests_total[5m]))"]]);
  assert.deepEqual(problems(), []);
});

test("a conflict is said in words, and nothing typed is lost", async () => {
  await ada.goto("/d/every-panel");
  await press("Edit panel Nothing");
  await type("Title", "Something");
  await press("Apply to dashboard");
  await grafana.call("POST", "/api/dashboards/db", { dashboard: { ...EVERY_PANEL, tags: ["other"] }, overwrite: true });
  await press("Save");
  await press("Save dashboard");
  await ada.page.getByText("The dashboard has been changed by someone else. Your changes are still here and were not saved.").waitFor();
  await panel("Something").waitFor();
  assert.deepEqual(await inspectEverywhere(ada, "grafana-conflict", { two: true }), []);
  await press("Overwrite what is stored");
  await ada.page.getByRole("form", { name: "Save dashboard" }).waitFor({ state: "detached" });
  const { dashboard } = await grafana.call("GET", "/api/dashboards/uid/every-panel");
  assert.ok(dashboard.panels.some((/** @type {{ title: string }} */ { title }) => title === "Something"));
  assert.equal(dashboard.weekStart, "monday");
  problems();
});

test("the settings are JSON, and a mistake in it is named", async () => {
  await press("Settings (JSON)");
  const text = (await ada.page.getByLabel("JSON model").inputValue()).replace('"title": "Every panel"', '"title": "Each panel"');
  await paste("JSON model", text.slice(0, -1));
  await ada.page.getByText(/This is not valid JSON/).waitFor();
  assert.equal(await ada.page.getByRole("button", { name: "Apply JSON" }).isDisabled(), true);
  await paste("JSON model", text);
  assert.deepEqual(await inspectEverywhere(ada, "grafana-settings", { two: true }), []);
  await press("Apply JSON");
  await ada.expectHeading("Each panel");
  await press("Save");
  await press("Save dashboard");
  await ada.page.getByRole("form", { name: "Save dashboard" }).waitFor({ state: "detached" });
  problems();
});

test("a dashboard exported from Grafana 12 is imported, and asked for its inputs", async () => {
  await ada.goto("/dashboard/import");
  await paste("or paste the JSON", JSON.stringify(EXPORTED, null, 2));
  await ada.page.getByLabel("Prometheus (data source)").waitFor();
  assert.deepEqual(await inspectEverywhere(ada, "grafana-import"), []);
  await press("Import");
  await ada.expectHeading("The shop");
  await panel("Traffic").getByRole("img", { name: /3 series.*req\/s/ }).waitFor();
  const uid = new URL(ada.page.url()).pathname.split("/")[2];
  const { dashboard } = await grafana.call("GET", `/api/dashboards/uid/${uid}`);
  assert.deepEqual([dashboard.__inputs, dashboard.schemaVersion, dashboard.panels[0].datasource.uid === "${DS_PROMETHEUS}"], [undefined, 41, false]);
  problems();
});

test("what an earlier Grafana wrote differently is named", async () => {
  await grafana.call("POST", "/api/dashboards/db", { dashboard: OLD });
  await ada.goto("/d/old");
  await ada.page.getByText(/^This dashboard has schema version 18, of an earlier Grafana\./).waitFor();
  await panel("Success rate").getByText('Panels of the type "singlestat" are not drawn by this stand-in for Grafana.').waitFor();
  await panel("Traffic").getByText('Panels of the type "graph" are not drawn by this stand-in for Grafana.').waitFor();
  const { dashboard } = await grafana.call("GET", "/api/dashboards/uid/old");
  assert.equal(dashboard.schemaVersion, 18);
  problems();
});

test("dashboards and folders are listed and searched", async () => {
  await ada.goto("/dashboards");
  await type("New folder", "Services");
  await press("Create folder");
  await ada.page.getByRole("link", { name: "Services" }).waitFor();
  await type("Search", "each");
  await ada.page.getByRole("link", { name: "Services" }).waitFor({ state: "detached" });
  assert.deepEqual(await ada.page.locator(".hits a:not(.tag)").allInnerTexts(), ["Each panel"]);
  assert.deepEqual(await inspectEverywhere(ada, "grafana-dashboards"), []);
  assert.deepEqual(problems(), []);
});

test("alert rules are listed with the state that Prometheus gives them", async () => {
  await ada.goto("/alerting/list");
  await ada.page.getByRole("heading", { level: 3, name: "TargetDown firing" }).waitFor();
  await ada.page.getByRole("heading", { level: 3, name: "TooManyErrors inactive" }).waitFor();
  await ada.page.getByText("up == 0 for 1m").waitFor();
  assert.deepEqual(await inspectEverywhere(ada, "grafana-alert-rules", { two: true }), []);
  assert.deepEqual(problems(), []);
});
