// What is typed into a form is there again: after a reload, beside another answer, in another browser, signed out and in.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { inspectEverywhere } from "./support/inspection.mjs";
import { MODULE, SECTION, arriveAs } from "./support/journeys.mjs";
import { Site } from "./support/site.mjs";
import { browser, end, testWithEvidence } from "./support/suite.mjs";
import { PASSWORD, Visitor } from "./support/visitor.mjs";

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

/**
 * Waits until a text of the page says that.
 * @param {import("playwright-core").Page} page
 * @param {string} text
 */
async function shows(page, text) {
  await page.waitForFunction((wanted) => [...document.querySelectorAll("textarea")].some((field) => field.value === wanted), text);
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
  // No page waits for what the one before it still sends.
  for (let looks = 0; looks < 20 && (await texts(ada).first().inputValue()) === TEXT; looks += 1) {
    await ada.page.waitForTimeout(500);
    await ada.goto(CHECKPOINT);
  }
  assert.equal(await texts(ada).first().inputValue(), `${TEXT} More.`);
  assert.deepEqual(await inspectEverywhere(ada, "drafts-checkpoint", { reload: false }), []);
  await phone.context.close();
});

testWithEvidence("two tabs with one form write over nothing: whoever is behind is asked which text stays", () => [ada], async () => {
  await ada.goto(CHECKPOINT);
  const behind = await ada.context.newPage();
  await behind.goto(new URL(CHECKPOINT, site.url).href);
  const field = behind.locator("#main textarea").first();
  await texts(ada).first().fill("From the first tab");
  await saved(ada);
  await field.fill("From the second tab");
  const state = behind.locator("[data-draft-state]");
  await state.getByText("Something newer was saved").waitFor();
  await state.getByRole("button", { name: "Show the other, and drop this" }).click();
  await shows(behind, "From the first tab");
  await field.fill("From the second tab, later");
  await state.getByText("Draft saved").waitFor();
  await texts(ada).first().fill("From the first tab again");
  const own = ada.page.locator("[data-draft-state]");
  await own.getByRole("button", { name: "Keep what was typed here" }).click();
  await ada.page.waitForFunction(() => document.querySelector("[data-draft-state]")?.textContent?.includes("is here again"));
  assert.equal(await texts(ada).first().inputValue(), "From the first tab again");
  await behind.close();
  ada.takeProblems();
});

testWithEvidence("what could not be saved is saved when the page is opened again in its tab", () => [ada], async () => {
  await ada.goto(CHECKPOINT);
  const refuse = (/** @type {import("playwright-core").Route} */ route) => (route.request().method() === "PUT" ? route.abort() : route.continue());
  await ada.page.route("**/checkpoints/**", refuse);
  await texts(ada).first().fill("Typed while the site was away");
  await ada.page.locator("[data-draft-state].draft-failed", { hasText: "It is tried again" }).waitFor();
  // The browser asks whether to leave what is not saved.
  ada.page.once("dialog", (dialog) => void dialog.accept());
  await ada.page.goto(new URL("/", site.url).href);
  await ada.page.unroute("**/checkpoints/**", refuse);
  await ada.page.goto(new URL(CHECKPOINT, site.url).href);
  await shows(ada.page, "Typed while the site was away");
  await ada.page.getByText("What you typed before is here again").waitFor();
  ada.takeProblems();
});

testWithEvidence("a checkpoint that is sent too early and refused is there when it is opened again", () => [ada], async () => {
  for (const script of [true, false]) {
    const visitor = await Visitor.arrive(browser, site, { script });
    await visitor.signIn(ADA);
    await visitor.goto(CHECKPOINT);
    await texts(visitor).first().fill(`Sent too early, ${script ? "with" : "without"} script`);
    await visitor.press("Send the entry");
    await visitor.page.locator(".error-summary").waitFor();
    await visitor.goto("/modules");
    await visitor.goto(CHECKPOINT);
    assert.equal(await texts(visitor).first().inputValue(), `Sent too early, ${script ? "with" : "without"} script`);
    await visitor.context.close();
  }
});

testWithEvidence("whoever was signed out meanwhile is told that it is not saved, and it is once they are signed in again", () => [ada], async () => {
  await ada.goto(CHECKPOINT);
  await ada.context.clearCookies();
  await texts(ada).first().fill("Written while signed out");
  const state = ada.page.locator("[data-draft-state].draft-failed", { hasText: "You were signed out, so it is not saved." });
  await state.waitFor();
  const [other] = await Promise.all([ada.context.waitForEvent("page"), state.getByRole("link", { name: /^Sign in/ }).click()]);
  await other.getByLabel("Email address").fill(ADA.email);
  await other.getByLabel("Password").fill(PASSWORD);
  await other.getByRole("button", { name: "Sign in" }).click();
  await other.getByRole("heading", { level: 1, name: /^Welcome/ }).waitFor();
  await other.close();
  await saved(ada);
  await ada.page.reload();
  assert.equal(await texts(ada).first().inputValue(), "Written while signed out");
  ada.takeProblems();
});
