// The traces of a lab in a real browser on a real cluster: from the advice on the empty page to the waterfall of a slow
// request, by keyboard, without script, and while new ones arrive.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { deploySystem } from "./support/cluster.mjs";
import { inspectEverywhere } from "./support/inspection.mjs";
import { LAB, arriveAs, stopLab } from "./support/journeys.mjs";
import { Site } from "./support/site.mjs";
import { browser, end, testWithEvidence } from "./support/suite.mjs";
import { Terminal } from "./support/terminal.mjs";

const TRACES = `${LAB}/traces`;
const ARRIVES_WITHIN_MS = 180_000;

/** @type {Site} */
let site;
/** @type {import("./support/visitor.mjs").Visitor} */
let ada;

before(async () => {
  site = await Site.start({ cluster: true });
  ada = await arriveAs(browser, site, "learner", { name: "Ada Byron", email: "ada@example.org" });
});

after(() =>
  end(async () => {
    await ada?.goto(LAB);
    if (ada) await stopLab(ada);
    await site?.stop();
  }),
);

testWithEvidence("the page of a running lab leads to its traces, of which there are none yet", () => [ada], async () => {
  await ada.goto(LAB);
  await ada.press("Start the lab");
  await ada.page.locator("#session[data-state=ready]").waitFor({ timeout: 240_000 });
  await ada.page.getByRole("tab", { name: "Web pages" }).click();
  const link = ada.page.locator("#web-pages").getByRole("link", { name: "The traces of your services" });
  await link.waitFor({ timeout: 240_000 });
  ada.takeProblems();
  await link.click();
  await ada.page.getByRole("heading", { name: "No traces yet" }).waitFor();
  assert.deepEqual(await inspectEverywhere(ada, "traces-empty", { reload: true }), []);
  await ada.goto(`${TRACES}?at_least=soon&errors=1`);
  assert.deepEqual(await inspectEverywhere(ada, "traces-refused", { two: true, reload: true }), []);
  assert.deepEqual(ada.takeProblems(), []);
});

testWithEvidence("a trace that is not there says that it may still arrive", () => [ada], async () => {
  const answer = await ada.goto(`${TRACES}/4bf92f3577b34da6a3ce929d0e0e4736`);
  assert.equal(answer?.status(), 404);
  ada.takeProblems();
  assert.deepEqual(await inspectEverywhere(ada, "trace-not-there", {}), []);
  ada.takeProblems();
});

testWithEvidence("requests appear in the list by themselves, and the focus stays", () => [ada], async () => {
  await deploySystem(ada, site);
  const tab = await ada.context.newPage();
  await tab.goto(new URL(LAB, site.url).href);
  // The tab that was chosen last is chosen again.
  await tab.getByRole("tab", { name: "Terminal" }).click();
  const terminal = new Terminal(tab);
  await terminal.expectConnected();
  await terminal.run(`for d in front qotm authors store; do kubectl rollout status deploy/$d; done; clear; echo rea''dy`, /ready/);
  // A new pod is closed to the others for a moment, until its policies are in force.
  const curl = "curl -s -o /dev/null --max-time 10 --retry 60 --retry-delay 1 --retry-all-errors";
  await terminal.run(`${curl} http://front/; echo first $?`, /first 0/);
  await ada.goto(TRACES);
  const items = ada.page.locator(".traces > li");
  await items.first().waitFor({ timeout: ARRIVES_WITHIN_MS });
  assert.equal(await items.count(), 1);
  const id = await items.first().getAttribute("data-trace");
  await ada.page.locator(`#trace-${id}`).focus();
  // The second request comes while the list is looked at.
  await terminal.run(`${curl} -XPOST http://authors/fault -d '{"latency_ms":500}'; ${curl} http://front/; echo second $?`, /second 0/);
  await tab.close();
  await items.nth(1).waitFor({ timeout: ARRIVES_WITHIN_MS });
  assert.equal(await ada.page.evaluate(() => document.activeElement?.id), `trace-${id}`, "the focus stays on its trace");
  ada.takeProblems();
  assert.deepEqual(await inspectEverywhere(ada, "traces", {}), []);
});

testWithEvidence("the waterfall names the slow hop, and is walked through by the keyboard", () => [ada], async () => {
  await ada.goto(`${TRACES}?at_least=500`);
  await ada.page.locator(".traces > li a").first().click();
  await ada.page.locator("[data-longest]", { hasText: "authors" }).waitFor();
  // The page takes in what arrives later.
  await ada.page.locator("li.span").nth(6).waitFor();
  assert.equal(await ada.page.locator("li.span").count(), 7);
  assert.deepEqual(await inspectEverywhere(ada, "trace", { reload: true }), []);

  const focused = () => ada.page.evaluate(() => document.activeElement?.closest(".span")?.getAttribute("data-service"));
  const first = ada.page.locator(".span-line").first();
  await first.focus();
  await ada.page.keyboard.press("ArrowDown");
  await ada.page.keyboard.press("ArrowDown");
  assert.equal(await focused(), "qotm");
  await ada.page.keyboard.press("ArrowLeft");
  assert.equal(await ada.page.locator("li.span:visible").count(), 3, "what is below it is put away");
  await ada.page.keyboard.press("ArrowRight");
  await ada.page.keyboard.press("End");
  assert.equal(await focused(), "authors");
  await ada.page.keyboard.press("Enter");
  await ada.page.locator("li.span[data-service=authors]").getByText("http.response.status_code").waitFor();
  assert.deepEqual(await inspectEverywhere(ada, "trace-open", {}), []);
  assert.deepEqual(ada.takeProblems(), []);
});

testWithEvidence("without script the rows open, close and lead on all the same", () => [ada], async () => {
  const path = new URL(ada.page.url()).pathname;
  const context = await browser.newContext({ javaScriptEnabled: false, storageState: await ada.context.storageState() });
  const page = await context.newPage();
  await page.goto(new URL(path, site.url).href);
  await page.locator(".span-line").first().click();
  await page.getByText("What it is", { exact: true }).first().waitFor();
  await page.locator(".span-below > summary").first().click();
  assert.equal(await page.locator("li.span:visible").count(), 1);
  await page.getByRole("link", { name: "Traces", exact: true }).click();
  await page.locator(".traces > li").first().waitFor();
  await context.close();
});
