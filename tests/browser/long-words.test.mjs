// A long word without a place to break at, such as an address, makes no page scroll sideways.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { GAME_LAB, MODULE, SECTION, arriveAs, claimFirstEntry, stopLab } from "./support/journeys.mjs";
import { LONG_WORD, findSidewaysScroll } from "./support/long-words.mjs";
import { Site } from "./support/site.mjs";
import { browser, end, testWithEvidence } from "./support/suite.mjs";

/** A lab in which numbers and queries are reported. */
const REPORTING_LAB = "/labs/prometheus-grafana";
/** A name takes no address. */
const ADA = { name: `H${"arbour".repeat(20)}`.slice(0, 80), email: "ada@example.org" };

/** @type {Site} */
let site;
/** @type {import("./support/visitor.mjs").Visitor} */
let ada;
/** @type {import("./support/visitor.mjs").Visitor} */
let ina;
/** @type {import("./support/visitor.mjs").Visitor} */
let noor;
let entry = "";

before(async () => {
  site = await Site.start({ cluster: true });
  ada = await arriveAs(browser, site, "learner", ADA);
  ina = await arriveAs(browser, site, "instructor", { name: "Ina Berg", email: "ina@example.org" });
  noor = await arriveAs(browser, site, "admin", { name: "Noor Haddad", email: "noor@example.org" });
});

after(() =>
  end(async () => {
    await ada?.goto(REPORTING_LAB);
    if (ada) await stopLab(ada);
    await site?.stop();
  }),
);

testWithEvidence("a name of one word fits wherever it stands", () => [ada, noor], async () => {
  for (const path of ["/", "/account", "/entries", "/credentials", "/practice"]) {
    await ada.goto(path);
    assert.deepEqual(await findSidewaysScroll(ada), [], path);
  }
  for (const path of ["/admin/people", "/admin/audit"]) {
    await noor.goto(path);
    assert.deepEqual(await findSidewaysScroll(noor), [], path);
  }
  await noor.goto("/admin/people");
  await noor.page.getByRole("link", { name: ADA.name }).click();
  assert.deepEqual(await findSidewaysScroll(noor), [], "the page of a person");
});

testWithEvidence("an answer in a lesson fits, before and after it is checked", () => [ada], async () => {
  await ada.goto(`${SECTION}/challenges`);
  const question = ada.page.locator(".question").filter({ has: ada.page.getByRole("textbox") }).first();
  await question.getByRole("textbox").fill(LONG_WORD);
  assert.deepEqual(await findSidewaysScroll(ada), [], "while it is written");
  await question.getByRole("button", { name: "Check your answer" }).click();
  await question.locator(".judgement").waitFor();
  assert.deepEqual(await findSidewaysScroll(ada), [], "once it is checked");
});

testWithEvidence("answers of a checkpoint fit, and what a reviewer writes to them", () => [ada, ina], async () => {
  await ada.goto(`/checkpoints/${MODULE}`);
  const form = ada.page.locator("main form");
  for (const group of await form.getByRole("group").all()) await group.locator("label").first().click();
  for (const field of await form.getByRole("textbox").all()) await field.fill(LONG_WORD);
  assert.deepEqual(await findSidewaysScroll(ada), [], "while it is written");
  await ada.press("Send the entry");
  entry = new URL(ada.page.url()).pathname;
  await ina.goto("/review");
  assert.deepEqual(await findSidewaysScroll(ina), [], "the queue");
  await claimFirstEntry(ina);
  for (const summary of await ina.page.locator(".questions summary").all()) await summary.click();
  await ina.page.getByLabel("Reason (needed to refuse)").fill(LONG_WORD);
  assert.deepEqual(await findSidewaysScroll(ina), [], "the review");
  await ina.press("Do not accept");
  await ada.goto(entry);
  await ada.page.getByText(LONG_WORD).waitFor();
  assert.deepEqual(await findSidewaysScroll(ada), [], "the reason");
  await noor.goto("/admin/audit");
  assert.deepEqual(await findSidewaysScroll(noor), [], "the audit log, which has the reason");
});

testWithEvidence("what is reported in a lab fits", () => [ada], async () => {
  await ada.goto(REPORTING_LAB);
  await ada.press("Start the lab");
  const field = ada.page.locator("#tasks .answers").getByRole("textbox").first();
  await field.waitFor({ timeout: 240_000 });
  await field.fill(LONG_WORD);
  assert.deepEqual(await findSidewaysScroll(ada), [], "while it is written");
  const report = ada.page.locator("#tasks .answers").first().getByRole("button");
  await report.click();
  await ada.page.getByText(/^Reported|characters|number/).first().waitFor();
  assert.deepEqual(await findSidewaysScroll(ada), [], "once it is reported");
});

testWithEvidence("a runbook of one word fits", () => [ada], async () => {
  await ada.goto(`${GAME_LAB}/runbook`);
  await ada.page.getByLabel("The text, in Markdown").fill(`## ${LONG_WORD}\n- ${LONG_WORD}\n\n${LONG_WORD} \`${LONG_WORD}\``);
  await ada.page.getByText("Saved just now").waitFor();
  await ada.page.reload();
  assert.deepEqual(await findSidewaysScroll(ada), []);
  ada.expectNoProblem();
});
