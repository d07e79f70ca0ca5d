// What the tests of one file share: one browser, and evidence when a test fails.
import { test } from "node:test";
import { Site } from "./site.mjs";
import { launch } from "./visitor.mjs";

/** @typedef {import("./visitor.mjs").Visitor} Visitor */

/** The browser of this file's tests. */
export const browser = await launch();

/**
 * Ends what the tests of this file were done with, whatever became of them.
 * @param {() => Promise<void> | undefined} stop stops the sites, and fails unless they end cleanly
 */
export async function end(stop) {
  try {
    await stop();
  } finally {
    await browser.close();
    await Site.abandonAll();
  }
}

/**
 * A test that leaves a picture of what each of `visitors` saw, and the program's log, when it fails.
 * @param {string} name
 * @param {() => Visitor[]} visitors
 * @param {() => Promise<void>} body
 */
export function testWithEvidence(name, visitors, body) {
  test(name, async () => {
    try {
      await body();
    } catch (fault) {
      const slug = `failed-${name.toLowerCase().replace(/[^a-z0-9]+/g, "-")}`;
      for (const [place, visitor] of visitors().entries()) {
        await visitor.photograph(`${slug}-${place + 1}`).catch(() => undefined);
        visitor.site.saveLog(slug);
      }
      throw fault;
    }
  });
}
