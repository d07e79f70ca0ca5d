// Times: in the zone of the reader's device, and in the programme's where there is no script.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { MODULE } from "./support/journeys.mjs";
import { Site } from "./support/site.mjs";
import { browser, end, testWithEvidence } from "./support/suite.mjs";
import { Visitor, addPerson } from "./support/visitor.mjs";

const ADA = { name: "Ada Byron", email: "ada@example.org" };

/** @type {Site} */
let site;
/** @type {Visitor[]} */
const visitors = [];

before(async () => {
  site = await Site.start();
  await addPerson(site, "learner", ADA);
});

after(() => end(() => site?.stop()));

/** @param {{ script?: boolean, zone?: string }} options */
async function lookAtTheEndOfTheWeek(options) {
  const visitor = await Visitor.arrive(browser, site, options);
  visitors.push(visitor);
  await visitor.signIn(ADA);
  await visitor.goto(`/checkpoints/${MODULE}`);
  const time = visitor.page.locator("time").first();
  return { text: await time.innerText(), title: await time.getAttribute("title") };
}

testWithEvidence("times: each reader's own zone", () => visitors, async () => {
  const plain = await lookAtTheEndOfTheWeek({ script: false, zone: "America/New_York" });
  assert.match(plain.text, /^\d+ \w+ \d{4}, 00:00 (GMT|BST)$/, "a week ends at midnight in the programme's zone");
  const there = await lookAtTheEndOfTheWeek({ zone: "America/New_York" });
  assert.match(there.text, /^\d+ \w+ \d{4}, (19|20):00 GMT-[45]$/);
  assert.equal(there.title, `${plain.text}, in the programme's zone`);
  const here = await lookAtTheEndOfTheWeek({ zone: "Europe/London" });
  assert.deepEqual(here, { text: plain.text, title: null });
});
