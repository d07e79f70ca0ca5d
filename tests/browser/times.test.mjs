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
  assert.match(plain.text, /^end of Sunday \d+ \w+ \d{4}, (GMT|BST)$/, "a week ends with its Sunday in the programme's zone");
  const there = await lookAtTheEndOfTheWeek({ zone: "America/New_York" });
  assert.ok(there.text.startsWith(plain.text), there.text);
  assert.match(there.text, /Sun \d+ \w+ \d{4}, 19:00 GMT-[45] for you$/, "and in the reader's own beside it");
  const here = await lookAtTheEndOfTheWeek({ zone: "Europe/London" });
  assert.deepEqual(here, { text: plain.text, title: null });
});

testWithEvidence("times: what happened is told in the reader's zone, with the programme's in its tooltip", () => visitors, async () => {
  const look = async (/** @type {{ script?: boolean, zone: string }} */ options) => {
    const visitor = await Visitor.arrive(browser, site, options);
    visitors.push(visitor);
    await visitor.signIn(ADA);
    await visitor.goto("/account");
    const time = visitor.page.locator(".facts time").first();
    return { text: await time.innerText(), title: await time.getAttribute("title") };
  };
  const plain = await look({ script: false, zone: "Asia/Kathmandu" });
  assert.match(plain.text, /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d+ \w+ \d{4}, \d\d:\d\d (GMT|BST)$/);
  const there = await look({ zone: "Asia/Kathmandu" });
  assert.match(there.text, /^\w{3} \d+ \w+ \d{4}, \d\d:\d\d GMT\+5:45$/);
  assert.equal(there.title, `${plain.text}, in the programme's zone`);
});
