// What people must be able to do in every browser that they come with, by every name under which they reach the site.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { ENGINES, Guest } from "./support/engines.mjs";
import { LAB, MODULE } from "./support/journeys.mjs";
import { SHOTS, Site } from "./support/site.mjs";
import { PASSWORD, addPerson } from "./support/visitor.mjs";

const ANSWER = "The team that wrote it, and a runbook beside the service.";

for (const [name, start] of Object.entries(ENGINES)) {
  describe(`in ${name}`, () => {
    /** @type {Site} */
    let site;
    /** @type {import("./support/engines.mjs").Engine} */
    let engine;
    /** @type {Guest} */
    let guest;
    const person = { name: "Ada Byron", email: `ada-${name.toLowerCase()}@example.org` };

    before(async () => {
      site = await Site.start({ cluster: true, host: "0.0.0.0" });
      engine = await start();
      guest = new Guest(engine, site.url);
    });

    after(async () => {
      await leaveLab(guest);
      await engine?.close();
      await site?.stop();
      await Site.abandonAll();
    });

    /**
     * @param {string} what
     * @param {() => Promise<void>} body
     */
    function step(what, body) {
      test(what, async () => {
        try {
          await body();
        } catch (fault) {
          mkdirSync(SHOTS, { recursive: true });
          const slug = `failed-${name}-${what}`.toLowerCase().replace(/[^a-z0-9]+/g, "-");
          await engine.photograph(join(SHOTS, `${slug}.png`)).catch(() => undefined);
          site.saveLog(slug);
          throw fault;
        }
      });
    }

    step("somebody signs up, verifies by the mail's link and is signed in", async () => {
      await guest.goto("/sign-up");
      await guest.fill("Name", person.name);
      await guest.fill("Email address", person.email);
      await guest.fill("Password", PASSWORD);
      await guest.press("Sign up");
      await guest.expectHeading("Look in your mailbox");
      await guest.goto(await site.mailbox.expectLink(person.email, /^Verify/));
      await guest.press("Verify and sign in");
      await guest.expectHeading(`Welcome, ${person.name}`);
    });

    step("a wrong password is told, and the right one signs in by every name of the machine", async () => {
      const { port } = new URL(site.url);
      const hosts = ["localhost", "127.0.0.1", ...ownAddresses()];
      assert.ok(hosts.length > 2, "this machine has no address but its own loopback");
      for (const [place, host] of hosts.entries()) {
        const other = { name: `Reader ${place}`, email: `reader-${place}@example.org` };
        await addPerson(site, "learner", other);
        const visitor = new Guest(engine, `http://${host}:${port}`);
        await signOut(visitor);
        await signIn(visitor, other.email, "not the password");
        await visitor.expectHeading("Sign in");
        await signIn(visitor, other.email, PASSWORD);
        await visitor.expectText(other.name);
      }
      await signOut(guest);
      await signIn(guest, person.email, PASSWORD);
    });

    step("the checkpoint is answered and sent", async () => {
      await guest.goto(`/checkpoints/${MODULE}`);
      await engine.evaluate(answerEverything, ANSWER);
      await guest.press("Send the entry");
      const path = await engine.evaluate(() => location.pathname);
      assert.match(path, /^\/entries\/./);
    });

    /** @param {string} pane */
    const show = (pane) => engine.evaluate((id) => document.getElementById(id)?.click(), `tab-${pane}`);

    step("a lab starts, its terminal is typed into, its work is checked, and it is stopped", async () => {
      await guest.goto(LAB);
      await guest.press("Start the lab");
      await guest.waitFor("lab that is ready", () => document.querySelector("#session[data-state='ready']") !== null);
      // In a narrow window one part of the page is shown at a time.
      await show("terminal");
      await guest.expectText("Connected");
      // A terminal draws nothing while it is out of sight.
      await engine.evaluate(() => document.querySelector("#terminal")?.scrollIntoView());
      await guest.waitFor("prompt", () => /[$#]\s*$/.test(document.querySelector("#terminal .xterm-rows")?.textContent?.trimEnd() ?? ""));
      await engine.evaluate(() => /** @type {HTMLElement} */ (document.querySelector("#terminal textarea")).focus());
      await engine.type("kubectl get service qotm -o name\n");
      await guest.waitFor("the command's answer", () => document.querySelector("#terminal .xterm-rows")?.textContent?.includes("service/qotm") === true);
      await show("guide");
      // A verdict that came by itself, from a change of the demo system, renames the button.
      await guest.press("Check (my work|again)");
      await guest.waitFor("a verdict", () => document.querySelector("#tasks [data-verdict='fail']") !== null);
      await leaveLab(guest);
      await guest.waitFor("lab that is gone", () => document.querySelector("#session[data-state='none']") !== null);
    });
  });
}

/** @param {Guest} guest */
async function signOut(guest) {
  await guest.goto("/account");
  const isSignedIn = await guest.engine.evaluate(() => document.querySelector("form[action='/sign-out']") !== null);
  if (!isSignedIn) return;
  await guest.engine.evaluate(() => document.querySelector("details.account-menu")?.setAttribute("open", ""));
  await guest.press("Sign out");
}

/**
 * @param {Guest} guest
 * @param {string} email
 * @param {string} password
 */
async function signIn(guest, email, password) {
  await guest.goto("/sign-in");
  await guest.fill("Email address", email);
  await guest.fill("Password", password);
  await guest.press("Sign in");
}

/**
 * Leaves nothing in the cluster, even when a step failed half-way.
 * @param {Guest} guest
 */
async function leaveLab(guest) {
  await guest.goto(LAB);
  const isAsked = await guest.engine.evaluate(() => {
    const link = document.querySelector("a[data-confirm][href$='/stop']");
    if (link instanceof HTMLElement) link.click();
    return link !== null;
  });
  if (isAsked) await guest.press("Stop the lab");
}

/**
 * Runs in the page: the first choice of every question, a number for every line, and some words in every field.
 * @param {string} words
 */
function answerEverything(words) {
  for (const group of document.querySelectorAll("main form fieldset")) group.querySelector("label")?.click();
  for (const order of document.querySelectorAll("main form ol.order")) {
    for (const [place, select] of order.querySelectorAll("select").entries()) select.selectedIndex = place + 1;
  }
  for (const field of /** @type {NodeListOf<HTMLTextAreaElement>} */ (document.querySelectorAll("main form textarea, main form input[type=text]"))) {
    field.value = words;
  }
}

/** The addresses under which another machine of the network reaches this one. */
function ownAddresses() {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return all.filter(({ family, internal }) => family === "IPv4" && !internal).map(({ address }) => address).slice(0, 1);
}
