// The browsers that people come with, each as its own maker drives it: Chromium and Firefox by WebDriver BiDi or its own
// protocol, WebKit by WebDriver.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import puppeteer from "puppeteer-core";
import { Builder } from "selenium-webdriver";
import { freePort } from "./site.mjs";

const MAX_WAIT_MS = 180_000;
const LOOK_EVERY_MS = 50;
const SIZE = { width: 1280, height: 900 };
const LIBRARIES = "/usr/lib";
const MINI_BROWSER = "webkit2gtk-4.1/MiniBrowser";

/**
 * What a test needs of an element.
 * @typedef {{ click(): Promise<void>, type(text: string): Promise<void> }} Element
 */

/**
 * What a test needs of a browser with one page in it.
 * @typedef {object} Engine
 * @property {(url: string) => Promise<void>} goto
 * @property {<A extends unknown[], T>(script: (...input: A) => T, ...input: A) => Promise<T>} evaluate runs in the page
 * @property {(script: (kind: string, name: string) => globalThis.Element | null, kind: string, name: string) => Promise<Element | null>} find
 * @property {(text: string) => Promise<void>} type types where the focus is
 * @property {(path: string) => Promise<void>} photograph
 * @property {() => Promise<void>} close
 */

/** @type {Record<string, () => Promise<Engine>>} */
export const ENGINES = {
  Chromium: () => startPuppeteer({ browser: "chrome", executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium" }),
  Firefox: () => startPuppeteer({ browser: "firefox", executablePath: process.env["FIREFOX"] ?? "/usr/bin/firefox-esr" }),
  WebKit: startWebKit,
};

/**
 * @param {{ browser: "chrome" | "firefox", executablePath: string }} which
 * @returns {Promise<Engine>}
 */
async function startPuppeteer({ browser: name, executablePath }) {
  const needsNoSandbox = name === "chrome" && process.getuid?.() === 0;
  const browser = await puppeteer.launch({
    browser: name,
    executablePath,
    headless: true,
    defaultViewport: SIZE,
    args: needsNoSandbox ? ["--no-sandbox"] : [],
  });
  const page = await browser.newPage();
  page.setDefaultTimeout(MAX_WAIT_MS);
  return {
    goto: (url) => page.goto(url).then(() => undefined),
    evaluate: (script, ...input) => /** @type {Promise<any>} */ (page.evaluate(/** @type {any} */ (script), ...input)),
    async find(script, kind, label) {
      const handle = await page.evaluateHandle(script, kind, label);
      return handle.asElement();
    },
    type: (text) => page.keyboard.type(text),
    photograph: (path) => page.screenshot({ path: /** @type {`${string}.png`} */ (path) }).then(() => undefined),
    close: () => browser.close(),
  };
}

/** @returns {Promise<Engine>} */
async function startWebKit() {
  const binary = readdirSync(LIBRARIES).map((folder) => join(LIBRARIES, folder, MINI_BROWSER)).find((path) => existsSync(path));
  if (!binary) throw new Error(`there is no ${MINI_BROWSER} below ${LIBRARIES}: install webkit2gtk-driver`);
  const port = await freePort();
  // A group of its own, since xvfb-run does not pass on what ends it.
  const server = spawn("xvfb-run", ["-a", "WebKitWebDriver", `--port=${port}`], { detached: true, stdio: "ignore" });
  const ended = once(server, "exit");
  const end = async () => {
    if (server.pid && server.exitCode === null) process.kill(-server.pid, "SIGTERM");
    await ended;
  };
  try {
    await answers(`http://127.0.0.1:${port}/status`);
    const options = { binary, args: ["--automation"] };
    const builder = new Builder().usingServer(`http://127.0.0.1:${port}`);
    const driver = await builder.withCapabilities({ browserName: "MiniBrowser", "webkitgtk:browserOptions": options }).build();
    await driver.manage().setTimeouts({ pageLoad: MAX_WAIT_MS, script: MAX_WAIT_MS });
    return {
      goto: (url) => driver.get(url),
      evaluate: (script, ...input) => driver.executeScript(`return (${script})(...arguments)`, ...input),
      async find(script, kind, label) {
        const element = /** @type {import("selenium-webdriver").WebElement | null} */ (
          await driver.executeScript(`return (${script})(...arguments)`, kind, label)
        );
        return element && { click: () => element.click(), type: (text) => element.sendKeys(text) };
      },
      type: (text) => driver.actions().sendKeys(text).perform(),
      photograph: async (path) => writeFileSync(path, await driver.takeScreenshot(), "base64"),
      async close() {
        await driver.quit();
        await end();
      },
    };
  } catch (fault) {
    await end();
    throw fault;
  }
}

/** @param {string} url */
async function answers(url) {
  const until = Date.now() + MAX_WAIT_MS;
  while (!(await fetch(url).then((answer) => answer.ok, () => false))) {
    if (Date.now() > until) throw new Error(`${url} does not answer`);
    await new Promise((done) => setTimeout(done, LOOK_EVERY_MS));
  }
}

/** Somebody before the site in one of the browsers. */
export class Guest {
  /**
   * @param {Engine} engine
   * @param {string} origin where they reach the site
   */
  constructor(engine, origin) {
    this.engine = engine;
    this.origin = origin;
  }

  /** @param {string} path a path of the site, or a link that was mailed */
  async goto(path) {
    const { pathname, search } = new URL(path, this.origin);
    await this.engine.goto(new URL(pathname + search, this.origin).href);
  }

  /**
   * Waits until `script`, run in the page, gives something that is true, and answers it.
   * @template {unknown[]} A
   * @template T
   * @param {string} what
   * @param {(...input: A) => T} script
   * @param {A} input
   */
  async waitFor(what, script, ...input) {
    const until = Date.now() + MAX_WAIT_MS;
    for (;;) {
      // A page that is just being left has nothing to say.
      const found = await this.engine.evaluate(script, ...input).catch(() => undefined);
      if (found) return found;
      if (Date.now() > until) throw new Error(`there is no ${what} on ${await this.engine.evaluate(describePage)}`);
      await new Promise((done) => setTimeout(done, LOOK_EVERY_MS));
    }
  }

  /** @param {string} text */
  async expectHeading(text) {
    await this.waitFor(`heading "${text}"`, (wanted) => document.querySelector("h1")?.textContent?.trim() === wanted, text);
  }

  /** @param {string} text */
  async expectText(text) {
    await this.waitFor(`"${text}"`, (wanted) => document.body.innerText.includes(wanted), text);
  }

  /**
   * @param {"field" | "button"} kind
   * @param {string} name a regular expression for what its text begins with
   */
  async find(kind, name) {
    const until = Date.now() + MAX_WAIT_MS;
    for (;;) {
      const element = await this.engine.find(findControl, kind, name).catch(() => null);
      if (element) return element;
      if (Date.now() > until) throw new Error(`there is no ${kind} "${name}" on ${await this.engine.evaluate(describePage)}`);
      await new Promise((done) => setTimeout(done, LOOK_EVERY_MS));
    }
  }

  /**
   * @param {string} label
   * @param {string} text
   */
  async fill(label, text) {
    const field = await this.find("field", label);
    await field.type(text);
  }

  /**
   * Presses a button and waits for the page that its form leads to.
   * @param {string} name a regular expression for what its text begins with
   */
  async press(name) {
    await this.engine.evaluate(() => document.documentElement.setAttribute("data-left", ""));
    const until = Date.now() + MAX_WAIT_MS;
    for (;;) {
      const button = await this.find("button", name);
      // What the page shows live may be drawn anew between the look and the click.
      const fault = await button.click().then(() => null, (fault) => fault);
      if (fault === null) break;
      if (Date.now() > until) throw fault;
      await new Promise((done) => setTimeout(done, LOOK_EVERY_MS));
    }
    await this.waitFor(`page after "${name}"`, () => document.readyState === "complete" && !document.documentElement.hasAttribute("data-left"));
  }
}

/** Runs in the page. */
function describePage() {
  return `${location.href}\n${document.body.innerText}`;
}

/**
 * Runs in the page: the first visible field of a label, or button, of a name, moved to the middle of the window: a
 * click at its edge may miss what scrolls there.
 * @param {string} kind
 * @param {string} name a regular expression for what its text begins with
 */
function findControl(kind, name) {
  const isShown = (/** @type {globalThis.Element} */ element) => element.getClientRects().length > 0;
  const isNamed = (/** @type {globalThis.Element} */ element) => new RegExp(`^(?:${name})`).test(element.textContent?.trim() ?? "");
  const controls =
    kind === "button"
      ? [...document.querySelectorAll("button, [role=button]")].filter(isNamed)
      : [...document.querySelectorAll("label")].filter(isNamed).map((label) => label.control);
  const found = controls.find((control) => control !== null && isShown(control)) ?? null;
  found?.scrollIntoView({ block: "center", behavior: "instant" });
  return found;
}
