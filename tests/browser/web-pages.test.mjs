// A web page of a lab, from the link on the lab's page to the learner's own service, in a real browser on a real cluster.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before } from "node:test";
import { LAB, arriveAs, stopLab } from "./support/journeys.mjs";
import { inspectEverywhere } from "./support/inspection.mjs";
import { SHOTS, Site } from "./support/site.mjs";
import { browser, end, testWithEvidence } from "./support/suite.mjs";
import { NARROW, WIDE } from "./support/visitor.mjs";

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
    await ada?.goto(LAB);
    if (ada) await stopLab(ada);
    await site?.stop();
  }),
);

testWithEvidence("a learner clicks the link of a page and sees their service", () => [ada], async () => {
  await ada.goto(LAB);
  await ada.press("Start the lab");
  await ada.page.locator("#session[data-state=ready]").waitFor({ timeout: 240_000 });
  await ada.page.getByRole("tab", { name: "Web pages" }).click();
  const item = ada.page.locator("[data-page=quote]");
  await item.getByText("Ready", { exact: true }).waitFor({ timeout: 240_000 });
  ada.takeProblems();
  const [opened] = await Promise.all([
    ada.context.waitForEvent("page"),
    item.getByRole("link", { name: /The quote of the moment/ }).click(),
  ]);
  await opened.waitForURL(/^http:\/\/quote--/);
  const { hostname, pathname } = new URL(opened.url());
  assert.match(hostname, /^quote--[0-9a-f]{16}\.labs\.localhost$/);
  assert.equal(pathname, "/");
  await opened.getByRole("heading", { name: "Quote of the moment" }).waitFor();
  const cookies = (await ada.context.cookies()).filter((cookie) => cookie.name.startsWith("lab-access"));
  assert.deepEqual(cookies.map(({ domain, httpOnly, sameSite }) => ({ domain, httpOnly, sameSite })), [
    { domain: hostname, httpOnly: true, sameSite: "Lax" },
  ]);
  // Its own origin is another host to the check for requests that leave the site.
  const left = ada.takeProblems().filter((problem) => !problem.includes(hostname) && !problem.includes("favicon"));
  assert.deepEqual(left, []);
  await opened.close();

  await item.getByRole("button", { name: /^Show it here/ }).click();
  const panel = ada.page.locator("#web-page");
  const inside = panel.frameLocator("iframe");
  await inside.getByRole("heading", { name: "Quote of the moment" }).waitFor();
  await ada.page.locator(":focus", { hasText: "The quote of the moment" }).waitFor();
  const framed = (await ada.context.cookies()).filter((cookie) => cookie.name === "lab-framed-access");
  assert.deepEqual(framed.map(({ domain, httpOnly, sameSite, secure }) => ({ domain, httpOnly, sameSite, secure })), [
    { domain: hostname, httpOnly: true, sameSite: "None", secure: true },
  ]);
  for (const [name, size] of /** @type {const} */ ([["wide", WIDE], ["narrow", NARROW]])) {
    await ada.page.setViewportSize(size);
    await ada.page.screenshot({ path: join(SHOTS, `lab-web-page-${name}.png`) });
  }
  await panel.getByRole("button", { name: "Close" }).click();
  await panel.waitFor({ state: "hidden" });
  await ada.page.locator("[data-show-page]:focus").waitFor();
  ada.takeProblems();
  const faults = await inspectEverywhere(ada, "lab-web-pages", { reload: false });
  assert.deepEqual(faults, []);
});

testWithEvidence("somebody without access is told so, and let in by one click", () => [ada], async () => {
  const url = new URL((await ada.page.locator("[data-page=quote] a").getAttribute("href")) ?? "", site.url);
  const other = await browser.newContext();
  const namespace = await ada.page.locator("#session .readout").first().innerText();
  const host = `http://quote--${namespace}.labs.localhost:${url.port}/`;
  const page = await other.newPage();
  for (const [scheme, size] of /** @type {const} */ ([["light", WIDE], ["dark", NARROW]])) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize(size);
    const answer = await page.goto(host);
    assert.equal(answer?.status(), 403);
    await page.getByRole("heading", { name: "This page is not open for you" }).waitFor();
    await page.screenshot({ path: join(SHOTS, `lab-host-${scheme}.png`) });
  }
  await page.getByRole("link", { name: "Open it with my account" }).click();
  await page.getByRole("heading", { level: 1, name: "Sign in" }).waitFor();
  await other.close();

  await ada.context.clearCookies({ name: "lab-access" });
  const own = await ada.context.newPage();
  await own.goto(host);
  await own.getByRole("link", { name: "Open it with my account" }).click();
  await own.getByRole("heading", { name: "Quote of the moment" }).waitFor();
  assert.equal(own.url(), host);
  await own.close();
  ada.takeProblems();
});
