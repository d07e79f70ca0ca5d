// What an author sees in an open lesson while writing it.
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before } from "node:test";
import { MODULE } from "./support/journeys.mjs";
import { REPOSITORY, Site } from "./support/site.mjs";
import { browser, end, testWithEvidence } from "./support/suite.mjs";
import { Visitor } from "./support/visitor.mjs";

const FILE = `${MODULE}/00-introduction/01-after-the-deploy.md`;
const LESSON = `/modules/${MODULE}/introduction/after-the-deploy`;
/** Far enough down that the start of the page is out of sight. */
const SCROLLED = 900;

const folder = mkdtempSync(join(tmpdir(), "seaworthy-authoring-"));
/** @type {Site} */
let site;
/** @type {Visitor} */
let author;

before(async () => {
  cpSync(join(REPOSITORY, "content"), folder, { recursive: true });
  site = await Site.start({ settings: { CONTENT__FOLDER: folder, CONTENT__WATCH: "true" } });
  author = await Visitor.arrive(browser, site);
});

after(() =>
  end(async () => {
    await site?.stop();
    rmSync(folder, { recursive: true });
  }),
);

/** @param {(text: string) => string} change */
function save(change) {
  const text = readFileSync(join(folder, FILE), "utf8");
  writeFileSync(join(folder, FILE), change(text));
}

testWithEvidence("authoring: an open lesson shows what was saved, and stays where it was scrolled to", () => [author], async () => {
  const { page } = author;
  await author.goto(LESSON);
  await page.evaluate((top) => window.scrollTo(0, top), SCROLLED);
  save((text) => `${text}\nA line that was saved a moment ago.\n`);
  await page.getByText("A line that was saved a moment ago.").waitFor({ state: "attached" });
  await page.waitForFunction((top) => Math.abs(window.scrollY - top) < 2, SCROLLED);
});

testWithEvidence("authoring: a fault leaves the page as it is until it is mended", () => [author], async () => {
  const { page } = author;
  save((text) => `${text}\n[nowhere](nowhere.md)\n`);
  await site.waitForLog("nowhere.md leads to no lesson");
  assert.equal(await page.getByRole("link", { name: "nowhere" }).count(), 0);
  await page.getByText("A line that was saved a moment ago.").waitFor({ state: "attached" });
  save((text) => text.replace("[nowhere](nowhere.md)", "It was mended."));
  await page.getByText("It was mended.").waitFor({ state: "attached" });
});
