// Hints that a learner asks for, in a real browser on a real cluster: by keyboard, in two tabs, without script, and live.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { annotateService } from "./support/cluster.mjs";
import { inspectEverywhere } from "./support/inspection.mjs";
import { LAB, arriveAs, stopLab } from "./support/journeys.mjs";
import { Site } from "./support/site.mjs";
import { browser, end, testWithEvidence } from "./support/suite.mjs";
import { Visitor } from "./support/visitor.mjs";

const ADA = { name: "Ada Byron", email: "ada@example.org" };

/** @type {Site} */
let site;
/** @type {Visitor} */
let ada;

before(async () => {
  site = await Site.start({ cluster: true });
  ada = await arriveAs(browser, site, "learner", ADA);
});

after(() =>
  end(async () => {
    await ada?.goto(LAB);
    if (ada) await stopLab(ada);
    await site?.stop();
  }),
);

/**
 * @param {import("playwright-core").Page} page
 * @param {string} task
 */
function button(page, task) {
  return page.locator(`#task-${task}`).getByRole("button", { name: /^Show a hint/ });
}

testWithEvidence("a lab that nobody has touched fails nothing, and a check that is asked for says what is missing", () => [ada], async () => {
  await ada.goto(LAB);
  await ada.press("Start the lab");
  await ada.page.locator("#tasks[data-events]").waitFor({ timeout: 240_000 });
  assert.equal(await ada.page.locator("#tasks [data-verdict]").count(), 0);
  await ada.page.getByRole("button", { name: /^Check (my work|again)$/ }).click();
  await ada.page.locator("#task-owner[data-verdict='fail']").waitFor();
  await button(ada.page, "owner").waitFor();
  assert.equal(await ada.page.locator("#tasks .verdict-hint").count(), 0);
  assert.deepEqual(await inspectEverywhere(ada, "lab-hints-to-ask-for", { reload: false }), []);
  ada.takeProblems();
});

testWithEvidence("a hint is asked for by keyboard, gets the focus, and is one in two tabs", () => [ada], async () => {
  const other = await ada.context.newPage();
  await other.goto(LAB);
  await button(ada.page, "owner").focus();
  await ada.page.keyboard.press("Enter");
  const hint = ada.page.locator("#hint-owner-owner");
  await hint.getByText("no annotation for its owner yet").waitFor();
  assert.equal(await ada.page.evaluate(() => document.activeElement?.id), "hint-owner-owner");
  await button(other, "owner").dblclick();
  await other.locator("#hint-owner-owner").waitFor();
  assert.equal(await other.locator("#task-owner").getByText("up to").count(), 0);
  await other.close();
  ada.takeProblems();
});

testWithEvidence("what was asked for follows what is found, and is told", () => [ada], async () => {
  await annotateService(ada, site, { "a8r.io/owner": "Bea" });
  const told = 'The owner is given as "Bea"';
  await ada.page.locator("#hint-owner-owner", { hasText: told }).waitFor({ timeout: 60_000 });
  await ada.page.locator("[role=status]", { hasText: told }).first().waitFor();
  ada.takeProblems();
});

testWithEvidence("without script a hint is asked for too", () => [ada], async () => {
  const plain = await Visitor.arrive(browser, site, { script: false });
  await plain.signIn(ADA);
  await plain.goto(LAB);
  await button(plain.page, "chat").click();
  await plain.page.locator("#hint-chat-chat").waitFor();
  assert.match(plain.page.url(), /#hint-chat-chat$/);
  await ada.goto(LAB);
  await ada.page.locator("#hint-chat-chat").waitFor();
  assert.deepEqual(await inspectEverywhere(ada, "lab-hints", { reload: false }), []);
  await plain.context.close();
  ada.takeProblems();
});

testWithEvidence("staff see how learners get on", () => [ada], async () => {
  const imre = await arriveAs(browser, site, "instructor", { name: "Imre Varga", email: "imre@example.org" });
  await imre.goto(LAB);
  await imre.page.getByRole("link", { name: "How learners get on with each task" }).click();
  await imre.expectHeading("How learners get on");
  const row = imre.page.getByRole("row", { name: /^Say whose it is/ });
  assert.match(await row.innerText(), /Owner/);
  assert.deepEqual(await inspectEverywhere(imre, "statistics"), []);
  await imre.context.close();
});
