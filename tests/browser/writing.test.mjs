// An author with a lesson open in the browser and its file in an editor.
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before } from "node:test";
import { REPOSITORY, Site } from "./support/site.mjs";
import { browser, end, testWithEvidence } from "./support/suite.mjs";
import { Visitor } from "./support/visitor.mjs";

const LESSON = "/modules/watch/first-watch/lamps";
const FILE = "watch/01-first-watch/01-lamps.md";

const folder = mkdtempSync(join(tmpdir(), "seaworthy-writing-"));
const file = join(folder, FILE);
/** @type {Site} */
let site;
/** @type {Visitor} */
let author;

before(async () => {
  cpSync(join(REPOSITORY, "tests/fixtures/harbour"), folder, { recursive: true });
  site = await Site.start({ settings: { CONTENT__FOLDER: folder, CONTENT__WATCH: "true" } });
  author = await Visitor.arrive(browser, site);
});

after(() =>
  end(async () => {
    await site?.stop();
    rmSync(folder, { recursive: true });
  }),
);

/**
 * @param {string} name
 * @param {() => Promise<void>} body
 */
const step = (name, body) => testWithEvidence(`writing: ${name}`, () => [author], body);

step("what is saved shows by itself, where the page was scrolled to", async () => {
  await author.goto(LESSON);
  await author.page.setViewportSize({ width: 600, height: 300 });
  await author.page.evaluate(() => scrollTo(0, 200));
  writeFileSync(file, readFileSync(file, "utf8").replace("Red to port.", "Green to starboard."));
  await author.page.getByText("Green to starboard.").waitFor();
  assert.equal(await author.page.evaluate(() => scrollY), 200);
});

step("a mistake leaves the last good page, and its mend shows", async () => {
  const good = readFileSync(file, "utf8");
  writeFileSync(file, good.replace("Green to starboard.", "[Nowhere](../none.md) to starboard."));
  await new Promise((done) => setTimeout(done, 2_000));
  assert.equal(await author.page.getByText("Green to starboard.").isVisible(), true);
  writeFileSync(file, good.replace("Green to starboard.", "All to starboard."));
  await author.page.getByText("All to starboard.").waitFor();
});
