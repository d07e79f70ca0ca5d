// A lesson under a finger, on a phone.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { MODULE } from "./support/journeys.mjs";
import { Site } from "./support/site.mjs";
import { browser, end, testWithEvidence } from "./support/suite.mjs";
import { Visitor } from "./support/visitor.mjs";

const LESSON = `/modules/${MODULE}/traffic-management/hands-on`;

/** @type {Site} */
let site;
/** @type {Visitor} */
let ada;

before(async () => {
  site = await Site.start();
  ada = await Visitor.arrive(browser, site, { size: { width: 390, height: 844 }, touch: true });
});

after(() => end(() => site?.stop()));

/**
 * @param {string} name
 * @param {() => Promise<void>} body
 */
const step = (name, body) => testWithEvidence(`touch: ${name}`, () => [ada], body);

step("a tap on a term shows what it means, and the second one leads to the glossary", async () => {
  await ada.goto(LESSON);
  const terms = ada.page.locator("a.term");
  const means = ada.page.getByRole("tooltip");
  await terms.first().scrollIntoViewIfNeeded();
  await terms.first().tap();
  await means.getByText("Tap it again for the glossary.").waitFor();
  assert.equal(new URL(ada.page.url()).pathname, LESSON, "the first tap leaves the lesson");
  assert.ok((await means.innerText()).length > 40);
  await ada.photograph("touch-term");
  await ada.page.locator("article h1").tap();
  await means.waitFor({ state: "hidden" });
  await terms.first().tap();
  await means.waitFor();
  await terms.first().tap();
  await ada.expectHeading("Glossary");
  ada.expectNoProblem();
});

step("the buttons of a block of code cover none of it", async () => {
  await ada.goto(LESSON);
  await ada.page.getByRole("button", { name: "Copy" }).first().waitFor();
  const covered = await ada.page.locator(".code:has(.code-bar)").evaluateAll((blocks) =>
    blocks.filter((block) => {
      const bar = block.querySelector(".code-bar")?.getBoundingClientRect();
      const code = block.querySelector("pre")?.getBoundingClientRect();
      return !bar || !code || bar.top < code.bottom;
    }).length,
  );
  assert.equal(covered, 0);
  await ada.page.getByRole("button", { name: "Copy" }).first().scrollIntoViewIfNeeded();
  await ada.photograph("touch-code");
});
