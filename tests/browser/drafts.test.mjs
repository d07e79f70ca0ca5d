// What is typed into a form is there again: after a reload, beside another answer, in another browser, signed out and in.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { inspectEverywhere } from "./support/inspection.mjs";
import { MODULE, SECTION, arriveAs } from "./support/journeys.mjs";
import { Site } from "./support/site.mjs";
import { browser, end, testWithEvidence } from "./support/suite.mjs";
import { Visitor } from "./support/visitor.mjs";

const ADA = { name: "Ada Byron", email: "ada@example.org" };
const CHECKPOINT = `/checkpoints/${MODULE}`;
const CHALLENGES = `${SECTION}/challenges`;
const TEXT = "Whom to call, and where the <runbook> is.\nAnd \u00e9 too.";

/** @type {Site} */
let site;
/** @type {Visitor} */
let ada;

before(async () => {
  site = await Site.start();
  ada = await arriveAs(browser, site, "learner", ADA);
});

after(() => end(() => site?.stop()));

/** @param {Visitor} visitor */
function texts(visitor) {
  return visitor.page.locator("#main textarea");
}

/** @param {Visitor} visitor */
async function saved(visitor) {
  await visitor.page.locator("[data-draft-state]", { hasText: "Draft saved" }).first().waitFor();
}

testWithEvidence("what is typed into other questions stays while one is checked, and the page is not loaded anew", () => [ada], async () => {
  await ada.goto(CHALLENGES);
  const questions = ada.page.locator(".question").filter({ has: ada.page.locator("textarea") });
  assert.ok((await questions.count()) >= 2, "it takes two");
  await questions.nth(1).locator("textarea").fill(TEXT);
  await questions.nth(0).locator("textarea").fill("So that whoever is woken knows what to do first.");
  await ada.page.evaluate(() => document.body.setAttribute("data-same", "yes"));
  await questions.nth(0).getByRole("button", { name: "Check your answer" }).click();
  await questions.nth(0).locator(".judgement:focus").waitFor();
  assert.equal(await ada.page.locator("body[data-same]").count(), 1, "the page was loaded anew");
  assert.equal(await questions.nth(1).locator("textarea").inputValue(), TEXT);
  assert.equal(new URL(ada.page.url()).pathname, CHALLENGES);
  await ada.page.reload();
  assert.equal(await questions.nth(1).locator("textarea").inputValue(), TEXT, "it is kept");
  assert.equal(await questions.nth(1).locator(".judgement").count(), 0);
  assert.equal(await questions.nth(0).locator(".judgement").count(), 1);
  assert.deepEqual(await inspectEverywhere(ada, "drafts-lesson", { reload: false }), []);
});

testWithEvidence("an answer that is too short says so in its place, and the others stay", () => [ada], async () => {
  await ada.goto(CHALLENGES);
  const questions = ada.page.locator(".question").filter({ has: ada.page.locator("textarea") });
  const field = questions.nth(1).locator("textarea");
  await field.fill("no");
  await questions.nth(1).getByRole("button", { name: "Check your answer" }).click();
  await questions.nth(1).locator(".error:focus").waitFor();
  assert.equal(await field.inputValue(), "no");
  assert.equal(await questions.nth(0).locator(".judgement").count(), 1);
  ada.takeProblems();
});

testWithEvidence("a checkpoint is there again in another browser", () => [ada], async () => {
  await ada.goto(CHECKPOINT);
  await texts(ada).first().fill(TEXT);
  await ada.page.locator("fieldset label").first().click();
  await saved(ada);
  const phone = await Visitor.arrive(browser, site, { size: { width: 390, height: 844 } });
  await phone.signIn(ADA);
  await phone.goto(CHECKPOINT);
  assert.equal(await texts(phone).first().inputValue(), TEXT);
  assert.equal(await phone.page.locator("fieldset input:checked").count(), 1);
  await phone.page.getByText("What you typed before is here again").waitFor();
  await texts(phone).first().fill(`${TEXT} More.`);
  // Left at once: it is saved as the page goes.
  await phone.goto("/");
  await ada.goto(CHECKPOINT);
  assert.equal(await texts(ada).first().inputValue(), `${TEXT} More.`);
  assert.deepEqual(await inspectEverywhere(ada, "drafts-checkpoint", { reload: false }), []);
  await phone.context.close();
});

testWithEvidence("whoever was signed out meanwhile is told that it is not saved, and by what way it will be", () => [ada], async () => {
  await ada.goto(CHECKPOINT);
  await ada.context.clearCookies();
  await texts(ada).first().fill("Written while signed out");
  await ada.page.locator("[data-draft-state]", { hasText: "You were signed out, so it is not saved." }).waitFor();
  const other = await ada.context.newPage();
  await other.goto(new URL("/sign-in", site.url).href);
  await other.close();
  ada.takeProblems();
});
