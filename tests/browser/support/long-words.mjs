// A word that no line has a place for, and what it does to a page.
import { WIDE } from "./visitor.mjs";

/** 160 characters. */
export const LONG_WORD = `https://wiki.example.org/${"harbour".repeat(30)}`.slice(0, 160);

/**
 * Where the page scrolls sideways: on a wide screen and on a phone, with what sticks out.
 * @param {import("./visitor.mjs").Visitor} visitor
 */
export async function findSidewaysScroll(visitor) {
  /** @type {string[]} */
  const found = [];
  for (const viewport of [WIDE, { width: 390, height: 844 }]) {
    await visitor.page.setViewportSize(viewport);
    const wide = await visitor.page.evaluate(() => {
      const room = document.documentElement.clientWidth;
      if (document.documentElement.scrollWidth <= room) return [];
      const parts = [...document.querySelectorAll("body *")].filter((part) => part.getBoundingClientRect().right > room + 1);
      return parts.slice(0, 5).map((part) => `${part.tagName}.${part.className} ends at ${Math.round(part.getBoundingClientRect().right)}`);
    });
    found.push(...wide.map((part) => `${viewport.width}: ${part}`));
    if (wide.length === 0 && (await visitor.page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth))) {
      found.push(`${viewport.width}: it scrolls`);
    }
  }
  await visitor.page.setViewportSize(WIDE);
  return found;
}
