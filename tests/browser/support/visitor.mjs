// Somebody before the site, in a browser of their own.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { SHOTS } from "./site.mjs";

/** @typedef {import("./site.mjs").Site} Site */
/** @typedef {{ name: string, email: string }} Person */
/** @typedef {{ width: number, height: number }} Size */

export const WIDE = { width: 1280, height: 900 };
export const NARROW = { width: 320, height: 640 };
/** A picture of more than this cannot be taken in time, nor is it looked at. */
const HIGHEST_PX = 20_000;
export const PASSWORD = "seven quiet harbours";
const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
/** Longer than anything takes on a busy machine. */
const MAX_WAIT_MS = 60_000;

/** Debian's browser, without a window. */
export function launch() {
  const isRoot = process.getuid?.() === 0;
  return chromium.launch({ executablePath: CHROMIUM, args: isRoot ? ["--no-sandbox"] : [] });
}

export class Visitor {
  /** @type {string[]} */
  #problems = [];

  /**
   * @param {Site} site
   * @param {import("playwright-core").BrowserContext} context
   * @param {import("playwright-core").Page} page
   */
  constructor(site, context, page) {
    this.site = site;
    this.context = context;
    this.page = page;
    page.on("console", (message) => this.#hear(message));
    page.on("pageerror", (fault) => this.#problems.push(`script fault: ${fault.message}`));
    context.on("request", (request) => this.#watch(request.url()));
  }

  /**
   * A new browser profile, looking at nothing yet.
   * @param {import("playwright-core").Browser} browser
   * @param {Site} site
   * @param {{ size?: Size, script?: boolean, scale?: number, zone?: string, touch?: boolean }} options
   */
  static async arrive(browser, site, { size = WIDE, script = true, scale = 1, zone, touch = false } = {}) {
    const context = await browser.newContext({
      baseURL: site.url,
      viewport: size,
      javaScriptEnabled: script,
      deviceScaleFactor: scale,
      reducedMotion: "reduce",
      hasTouch: touch,
      isMobile: touch,
      ...(zone ? { timezoneId: zone } : {}),
    });
    context.setDefaultTimeout(MAX_WAIT_MS);
    return new Visitor(site, context, await context.newPage());
  }

  /** @param {import("playwright-core").ConsoleMessage} message */
  #hear(message) {
    if (message.type() !== "error" && message.type() !== "warning") return;
    if (isCutOff(message.text())) return;
    // A page that answers with a refusal is reported as if a file of it were missing.
    const isThePage = message.location().url === this.page.url() && /status of 4\d\d/.test(message.text());
    if (!isThePage) this.#problems.push(`console: ${message.text()}`);
  }

  /** @param {string} url */
  #watch(url) {
    const isOwn = url.startsWith(`${this.site.url}/`) || url.startsWith("data:") || url.startsWith("blob:");
    if (!isOwn) this.#problems.push(`request to another host: ${url}`);
  }

  /** What went wrong in the browser since the last call. */
  takeProblems() {
    return this.#problems.splice(0);
  }

  /** Fails when something went wrong in the browser since the last call. */
  expectNoProblem() {
    assert.deepEqual(this.takeProblems(), [], `at ${this.page.url()}`);
  }

  /** @param {string} path */
  async goto(path) {
    const answer = await this.page.goto(path).catch((fault) => (isCutOff(fault.message) ? this.page.goto(path) : Promise.reject(fault)));
    assert.ok(answer, path);
    return answer;
  }

  /** @param {string} text */
  async expectHeading(text) {
    await this.page.getByRole("heading", { level: 1, name: text }).waitFor();
  }

  /**
   * Presses a button and waits for the page that its form leads to.
   * @param {string | RegExp} name
   */
  async press(name) {
    const button = this.page.getByRole("button", { name, exact: true });
    await Promise.all([this.page.waitForEvent("framenavigated"), button.click()]);
    await this.page.waitForLoadState();
  }

  /** @param {Person} person */
  async signUp({ name, email }) {
    await this.goto("/sign-up");
    await this.page.getByLabel("Name", { exact: true }).fill(name);
    await this.page.getByLabel("Email address").fill(email);
    await this.page.getByLabel("Password").fill(PASSWORD);
    await this.press("Sign up");
    await this.expectHeading("Look in your mailbox");
  }

  /** @param {string} email */
  async verify(email) {
    await this.goto(await this.site.mailbox.expectLink(email, /^Verify/));
    await this.press("Verify and sign in");
  }

  /** @param {{ email: string, password?: string }} credentials */
  async signIn({ email, password = PASSWORD }) {
    await this.goto("/sign-in");
    await this.page.getByLabel("Email address").fill(email);
    await this.page.getByLabel("Password").fill(password);
    await this.press("Sign in");
  }

  /** @param {Person} person */
  async becomeFirstAdmin({ name, email }) {
    await this.goto(this.site.adminLink);
    await this.page.getByLabel("Name", { exact: true }).fill(name);
    await this.page.getByLabel("Email address").fill(email);
    await this.page.getByLabel("Password").fill(PASSWORD);
    await this.press("Make my account");
  }

  /**
   * A picture of the whole page, or of as much of it as people look at.
   * @param {string} name
   */
  async photograph(name) {
    mkdirSync(SHOTS, { recursive: true });
    await this.page.evaluate(() => scrollTo(0, 0));
    const size = await this.page.evaluate(() => ({ width: innerWidth, height: document.documentElement.scrollHeight }));
    const clip = { x: 0, y: 0, width: size.width, height: Math.min(size.height, HIGHEST_PX) };
    await this.page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true, clip, animations: "disabled" });
  }
}

/**
 * Whether the browser gave a connection up since this machine got or lost an address, as it does with each pod of its cluster.
 * @param {string} text
 */
function isCutOff(text) {
  return text.includes("ERR_NETWORK_CHANGED");
}

/**
 * Adds somebody by the command line, as the person who runs the installation does.
 * @param {Site} site
 * @param {"learner" | "instructor" | "admin"} role
 * @param {Person} person
 */
export function addPerson(site, role, { name, email }) {
  return site.run(["user", "add", "--role", role, "--name", name, email], `${PASSWORD}\n`);
}
