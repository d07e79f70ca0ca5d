// Tasks that tick by themselves, in a real browser on a real cluster: nothing is clicked, and what is being typed stays.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { annotateService } from "./support/cluster.mjs";
import { inspectEverywhere } from "./support/inspection.mjs";
import { LAB, arriveAs, stopLab } from "./support/journeys.mjs";
import { Site } from "./support/site.mjs";
import { browser, end, testWithEvidence } from "./support/suite.mjs";

/** A form among the tasks, such as that of an answer. */
const FORM = `<form method="post" action="${LAB}/none"><label>Answer <input id="typed" name="answer"></label><button>Send</button></form>`;

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
    await ada?.page.unrouteAll({ behavior: "ignoreErrors" });
    await ada?.goto(LAB);
    if (ada) await stopLab(ada);
    await site?.stop();
  }),
);

/** @param {string} task */
function passed(task) {
  return ada.page.locator(`#task-${task}[data-verdict="pass"]`);
}

testWithEvidence("a task ticks on the open page, and is told once", () => [ada], async () => {
  await ada.goto(LAB);
  await ada.press("Start the lab");
  await ada.page.locator("#tasks[data-events]").waitFor({ timeout: 240_000 });
  ada.takeProblems();
  const news = ada.page.locator("[role=status]", { hasText: "Checked: 1 of 5 tasks passed." });
  await annotateService(ada, site, { "a8r.io/owner": "Ada Byron" });
  await passed("owner").waitFor({ timeout: 60_000 });
  await news.waitFor();
  assert.equal(await news.count(), 1);
  assert.deepEqual(ada.takeProblems(), []);
  assert.deepEqual(await inspectEverywhere(ada, "lab-live", { reload: false }), []);
  ada.takeProblems();
});

testWithEvidence("what is being typed among the tasks stays, with the focus, while another task ticks", () => [ada], async () => {
  await ada.page.route(`**${LAB}`, async (route) => {
    const answer = await route.fetch();
    const body = (await answer.text()).replace(/(<li id="task-description"[^>]*>)/, `$1${FORM}`);
    await route.fulfill({ response: answer, body });
  });
  await ada.goto(LAB);
  const field = ada.page.locator("#typed");
  await field.fill("12.5");
  await field.evaluate((input) => /** @type {HTMLInputElement} */ (input).setSelectionRange(2, 2));
  await annotateService(ada, site, { "a8r.io/owner": "Ada Byron", "a8r.io/chat": "#harbour" });
  await passed("chat").waitFor({ timeout: 60_000 });
  assert.equal(await field.inputValue(), "12.5");
  const caret = await field.evaluate((input) => [document.activeElement === input, /** @type {HTMLInputElement} */ (input).selectionStart]);
  assert.deepEqual(caret, [true, 2]);
  // Nor is it lost when the reader has gone elsewhere meanwhile.
  await field.blur();
  await annotateService(ada, site, { "a8r.io/owner": "Ada Byron", "a8r.io/chat": "#harbour", "a8r.io/description": "Answers with a quote of the moment." });
  await passed("description").waitFor({ timeout: 60_000 });
  assert.equal(await field.inputValue(), "12.5");
  assert.equal(await ada.page.locator("#task-description form").count(), 1);
  ada.takeProblems();
});
