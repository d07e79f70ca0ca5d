// Every page, as each of its readers sees it: wide and narrow, light and dark.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inspectEverywhere } from "./support/inspection.mjs";
import { NOT_PAGES, PAGES } from "./support/pages.mjs";
import { listRoutes } from "./support/routes.mjs";
import { browser, end, testWithEvidence } from "./support/suite.mjs";
import { Environment } from "./support/environment.mjs";

/** @type {Environment} */
let environment;
/** The addresses within the site that pages lead to, with the page that does. @type {Map<string, string>} */
const links = new Map();

before(async () => {
  environment = await Environment.build(browser);
});

after(() => end(() => environment?.end()));

test("every page of the router has an entry", () => {
  const known = new Set([...PAGES.map((entry) => entry.route), ...Object.keys(NOT_PAGES)]);
  const routes = listRoutes();
  assert.deepEqual(routes.filter((route) => !known.has(route)), [], "pages without an entry in support/pages.mjs");
  assert.deepEqual([...known].filter((route) => route && !routes.includes(route)), [], "entries that no address of the router has");
});

for (const entry of PAGES) {
  testWithEvidence(`page ${entry.name}`, () => [environment.visitors[entry.as]], async () => {
    const visitor = environment.visitors[entry.as];
    const { page } = visitor;
    visitor.takeProblems();
    await entry.before?.(environment);
    const answer = await visitor.goto(entry.path?.(environment) ?? entry.route);
    assert.equal(answer.status(), entry.status ?? 200);
    await entry.then?.(visitor, environment);
    const faults = await inspectEverywhere(visitor, entry.name, { two: entry.looks === "two", reload: !entry.then });
    // The links of the other sites lead to what is there.
    if (visitor.site === environment.site) await noteLinks(page, entry.name);
    faults.push(...visitor.takeProblems());
    assert.ok(faults.length === 0, faults.join("\n"));
  });
}

test("every link of every page leads somewhere", async () => {
  /** @type {string[]} */
  const dead = [];
  for (const [path, from] of links) {
    const answer = await environment.visitors.admin.context.request.get(path);
    if (answer.status() >= 400) dead.push(`${path} (${answer.status()}) on ${from}`);
  }
  assert.deepEqual(dead, []);
});

/**
 * @param {import("playwright-core").Page} page
 * @param {string} from
 */
async function noteLinks(page, from) {
  const paths = await page.locator("a[href^='/']").evaluateAll((all) => all.map((link) => link.getAttribute("href") ?? ""));
  for (const path of paths.map((one) => one.replace(/#.*/, ""))) {
    // Entries and lab sessions belong to the one who looks at them; their pages have entries of their own.
    if (!/^\/(entries|review|labs)\/./.test(path) && !links.has(path)) links.set(path, from);
  }
}
