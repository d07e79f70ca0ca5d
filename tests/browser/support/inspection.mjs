// What has to hold for every page, whoever looks at it and on whatever screen.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { NARROW, WIDE } from "./visitor.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** Less than this nobody sees: a tenth of what counts as good. */
const MAX_SHIFT = 0.01;
const SETTLED_AFTER_MS = 100;
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"];

/**
 * Every fault of the page that a visitor is on, wide and narrow, light and dark, with a picture of each.
 * @param {import("./visitor.mjs").Visitor} visitor
 * @param {string} name
 * @param {{ two?: boolean, reload?: boolean }} options `two`: not all four; `reload`: open the page anew on each width,
 *   since what it does on a narrow screen may be decided as it opens
 */
export async function inspectEverywhere(visitor, name, { two = false, reload = false } = {}) {
  /** @type {string[]} */
  const faults = [];
  for (const [size, viewport] of Object.entries({ wide: WIDE, narrow: NARROW })) {
    await visitor.page.setViewportSize(viewport);
    if (reload) {
      await visitor.page.reload();
      const shift = await visitor.page.evaluate(measureShift, SETTLED_AFTER_MS);
      if (shift > MAX_SHIFT) faults.push(`${size}: what is on the page moves as it opens, by ${shift.toFixed(3)}`);
    }
    for (const colours of /** @type {const} */ (["light", "dark"])) {
      if (two && (size === "wide") !== (colours === "light")) continue;
      await visitor.page.emulateMedia({ colorScheme: colours });
      const found = await inspect(visitor.page);
      faults.push(...found.map((fault) => `${size}, ${colours}: ${fault}`));
      await visitor.photograph(`${name}-${size}-${colours}`);
    }
  }
  await visitor.page.setViewportSize(WIDE);
  await visitor.page.emulateMedia({ colorScheme: "light" });
  return faults;
}

/**
 * Every fault of the page as it stands: accessibility, headings, ids, and what sticks out to the right.
 * @param {import("playwright-core").Page} page
 */
export async function inspect(page) {
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  return [...(await audit(page)), ...(await page.evaluate(examineLayout))];
}

/**
 * @param {import("playwright-core").Page} page
 * @returns {Promise<string[]>}
 */
async function audit(page) {
  const isLoaded = await page.evaluate(() => "axe" in globalThis);
  if (!isLoaded) await page.evaluate(AXE);
  return page.evaluate(async (tags) => {
    const axe = /** @type {{ axe: typeof import("axe-core") }} */ (/** @type {unknown} */ (globalThis)).axe;
    const { violations } = await axe.run(document, { runOnly: tags, resultTypes: ["violations"] });
    return violations.flatMap(({ id, nodes }) =>
      nodes.map((node) => `${id}: ${node.target.join(" ")}: ${node.html.slice(0, 120)}: ${node.failureSummary?.split("\n")[1]?.trim()}`),
    );
  }, TAGS);
}

/**
 * Runs in the page: how far its parts have moved since it was opened, as the Layout Instability specification counts it.
 * @param {number} wait
 * @returns {Promise<number>}
 */
function measureShift(wait) {
  return new Promise((done) => {
    let sum = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        const { value, hadRecentInput } = /** @type {PerformanceEntry & { value: number, hadRecentInput: boolean }} */ (entry);
        if (!hadRecentInput) sum += value;
      }
    }).observe({ type: "layout-shift", buffered: true });
    setTimeout(() => done(sum), wait);
  });
}

/** Runs in the page. */
function examineLayout() {
  /** @type {string[]} */
  const faults = [];
  const headings = document.querySelectorAll("h1").length;
  if (headings !== 1) faults.push(`${headings} h1 elements`);
  if (!document.title.trim()) faults.push("no title");
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  const twice = ids.filter((id, place) => ids.indexOf(id) !== place);
  if (twice.length > 0) faults.push(`ids given twice: ${twice.join(", ")}`);
  for (const link of document.querySelectorAll("a[href^='#']")) {
    const id = decodeURIComponent(link.getAttribute("href")?.slice(1) ?? "");
    if (id && !document.getElementById(id)) faults.push(`a link to #${id}, which is not there`);
  }
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth > clientWidth) faults.push(`the page scrolls sideways: ${scrollWidth} px on ${clientWidth} px`);
  const sticksOut = [...document.body.querySelectorAll("*")].find((element) => {
    const box = element.getBoundingClientRect();
    if (!element.checkVisibility() || box.width <= 1 || box.height <= 1 || box.right <= clientWidth + 1 || box.left < -clientWidth) return false;
    for (let around = element.parentElement; around; around = around.parentElement) {
      if (["auto", "scroll", "hidden", "clip"].includes(getComputedStyle(around).overflowX) && around !== document.body) return false;
    }
    return true;
  });
  if (sticksOut) faults.push(`sticks out to the right: ${sticksOut.outerHTML.slice(0, 160)}`);
  return faults;
}
