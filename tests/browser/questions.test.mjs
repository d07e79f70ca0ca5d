// A question that is missed: what was chosen is explained, and the answer is kept for a second try or a click.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { lessonThatAsks } from "./support/content.mjs";
import { inspectEverywhere } from "./support/inspection.mjs";
import { MODULE, arriveAs } from "./support/journeys.mjs";
import { Site } from "./support/site.mjs";
import { browser, end, testWithEvidence } from "./support/suite.mjs";

/** @type {Site} */
let site;
/** @type {import("./support/visitor.mjs").Visitor} */
let ada;
/** The page of the question among those to practise. */
let card = "";

before(async () => {
  site = await Site.start();
  ada = await arriveAs(browser, site, "learner", { name: "Ada Byron", email: "ada@example.org" });
});

after(() => end(() => site?.stop()));

function question() {
  return ada.page.locator(".question").filter({ has: ada.page.getByRole("radio") }).first();
}

/** Checks one choice after another until one is wrong, with the keyboard alone. */
async function miss() {
  const choices = await question().getByRole("radio").count();
  for (let place = 0; place < choices; place += 1) {
    await question().getByRole("radio").nth(place).focus();
    await ada.page.keyboard.press("Space");
    await ada.page.keyboard.press("Enter");
    await question().locator(".judgement:focus").waitFor();
    if (await question().locator(".choice-wrong").count()) return place;
  }
  return assert.fail("every choice is right");
}

testWithEvidence("a miss explains what was chosen, marks nothing else, and tells where to go on", () => [ada], async () => {
  await ada.goto(lessonThatAsks("single"));
  await ada.page.evaluate(() => document.body.setAttribute("data-same", "yes"));
  const place = await miss();
  if (place > 0) return;
  assert.equal(await question().locator(".why").count(), 1);
  assert.match(await question().locator(".choice-wrong .why").innerText(), /^Not this\./);
  assert.match(await question().locator(".judgement").innerText(), /Have another try, or look at the answer/);
});

testWithEvidence("the answer shows in its place when it is asked for, and a right one may still follow", () => [ada], async () => {
  const show = question().getByRole("button", { name: "Show the answer" });
  if (await show.isVisible()) {
    await show.focus();
    await ada.page.keyboard.press("Enter");
    await question().locator(".judgement:focus").getByText("This is the answer").waitFor();
  }
  assert.equal(await ada.page.locator("body[data-same]").count(), 1, "the page was loaded anew");
  const choices = await question().locator(".choice").count();
  assert.equal(await question().locator(".why").count(), choices);
  assert.deepEqual(await inspectEverywhere(ada, "question-shown", { reload: false }), []);
  await question().locator(".choice").filter({ hasText: "Right." }).locator("label").click();
  await question().getByRole("button", { name: "Answer again" }).click();
  await question().locator(".judgement").getByText("That is right").waitFor();
  const id = await question().getAttribute("id");
  card = `/practice/${MODULE}/${(id ?? "").replace("question-", "")}`;
  ada.expectNoProblem();
});

testWithEvidence("practice says in words when it comes back and what its numbers count", () => [ada], async () => {
  await ada.goto("/practice");
  await ada.page.getByText("Due tomorrow").waitFor();
  assert.match(await ada.page.locator(".progress").innerText(), /0 of 1 missed question learned/);
  assert.deepEqual(await inspectEverywhere(ada, "practice-words", { reload: true }), []);
  await ada.goto(card);
  await ada.page.getByText("It comes back tomorrow.").waitFor();
  await ada.page.getByRole("link", { name: "Done for today" }).waitFor();
  ada.expectNoProblem();
});
