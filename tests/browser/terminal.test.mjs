// The terminal of a lab by keyboard alone, over the whole window, with the clipboard, and on a phone; and what comes after it.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { annotateService } from "./support/cluster.mjs";
import { inspect } from "./support/inspection.mjs";
import { LAB, arriveAs, stopLab } from "./support/journeys.mjs";
import { Site } from "./support/site.mjs";
import { browser, end, testWithEvidence } from "./support/suite.mjs";
import { Terminal } from "./support/terminal.mjs";
import { Visitor } from "./support/visitor.mjs";

const PERSON = { name: "Ada Byron", email: "ada@example.org" };
const PHONE = { width: 390, height: 844 };
const MAX_STOPS = 90;
const PROMPT = /^\S+ ~ [$#]$/m;
const NOTES = {
  "a8r.io/owner": PERSON.name,
  "a8r.io/description": "Answers with a quote of the moment.",
  "a8r.io/repository": "https://git.example.com/ada/qotm",
  "a8r.io/bugs": "https://git.example.com/ada/qotm/issues",
  "a8r.io/chat": "#harbour",
  "a8r.io/runbook": "https://wiki.example.com/qotm/runbook",
};

/** @type {Site} */
let site;
/** @type {Visitor} */
let ada;
/** @type {Terminal} */
let terminal;

before(async () => {
  site = await Site.start({ cluster: true });
  ada = await arriveAs(browser, site, "learner", PERSON);
  await ada.context.grantPermissions(["clipboard-read", "clipboard-write"]);
  terminal = new Terminal(ada.page);
});

after(() =>
  end(async () => {
    await ada?.goto(LAB);
    if (ada) await stopLab(ada);
    await site?.stop();
  }),
);

/** Where the focus is: the closest part of the page that has a name here. */
function place() {
  return ada.page.evaluate(() => {
    const parts = ["#session", "section[aria-label=Guide]", "#tasks", ".terminal-settings", "#terminal", "#terminal-end", ".skip-link"];
    const element = document.activeElement;
    return parts.find((part) => element?.closest(part)) ?? element?.textContent?.trim() ?? "";
  });
}

/** @param {string[]} keys */
async function press(...keys) {
  for (const key of keys) await ada.page.keyboard.press(key);
}

const field = () => ada.page.locator("#terminal textarea");
const copied = () => ada.page.evaluate(() => navigator.clipboard.readText());

/** @param {string} text */
const keep = (text) => ada.page.evaluate((kept) => navigator.clipboard.writeText(kept), text);

testWithEvidence("Tab goes from the guide over the tasks and the settings into the terminal", () => [ada], async () => {
  await ada.goto(LAB);
  await ada.press("Start the lab");
  await ada.page.locator("#session[data-state=ready]").waitFor({ timeout: 240_000 });
  await terminal.expectConnected();
  ada.takeProblems();
  await ada.page.locator("#main").focus();
  /** @type {string[]} */
  const places = [];
  while (places.at(-1) !== "#terminal" && places.length < MAX_STOPS) {
    await press("Tab");
    places.push(await place());
  }
  const order = places.filter((one, index) => one.startsWith("#") || one.startsWith(".") || one.startsWith("section") ? one !== places[index - 1] : false);
  assert.deepEqual(order, ["#session", "section[aria-label=Guide]", "#tasks", ".terminal-settings", ".skip-link", "#terminal"]);
});

testWithEvidence("keys lead out of the terminal in both directions, and never onto what stops the lab", () => [ada], async () => {
  await ada.page.keyboard.type("echo har");
  await press("Tab");
  assert.equal(await place(), "#terminal", "Tab completes, and stays");
  await press("Escape", "Tab");
  assert.equal(await place(), "#terminal-end");
  await field().focus();
  await ada.page.keyboard.type("bour");
  await press("Enter");
  await terminal.expect(/^harbour$/m);
  await press("Escape", "Tab");
  assert.equal(await place(), "#terminal-end");
  await press("Tab");
  assert.match(await ada.page.evaluate(() => document.activeElement?.textContent ?? ""), /kubeconfig/);
  await press("Tab");
  assert.notEqual(await place(), "#session");
  await field().focus();
  await press("Control+Shift+ArrowDown");
  assert.equal(await place(), "#terminal-end");
  await field().focus();
  await press("Shift+Tab");
  assert.equal(await place(), ".skip-link");
  const link = ada.page.getByRole("link", { name: "Skip the terminal" });
  const box = await link.boundingBox();
  assert.ok(box && box.height >= 24 && box.width > 60, "it does not show itself");
  await press("Enter");
  assert.equal(await place(), "#terminal-end");
  assert.match((await field().getAttribute("aria-label")) ?? "", /Shift and Tab.*backwards.*Arrow Down.*forwards/);
});

testWithEvidence("the terminal fills the window by a key, and Escape stays the shell's", () => [ada], async () => {
  await terminal.run("cat -v", /cat -v$/);
  await press("Control+Shift+Enter");
  const panel = ada.page.locator("#terminal-panel");
  assert.deepEqual(await panel.boundingBox(), { x: 0, y: 0, width: 1280, height: 900 });
  await press("Escape", "Enter");
  await terminal.expect(/^\^\[$/m);
  assert.equal(await place(), "#terminal");
  assert.deepEqual(await inspect(ada.page), []);
  await ada.photograph("terminal-full");
  await press("Control+c");
  await press("Control+Shift+Enter");
  assert.equal(await ada.page.locator("[inert]").count(), 0);
  assert.equal(await place(), "#terminal");
  await ada.page.getByRole("button", { name: "Full screen" }).press("Enter");
  assert.equal((await panel.boundingBox())?.width, 1280);
  // Outside the terminal Escape is the page's.
  await press("Escape");
  assert.notEqual((await panel.boundingBox())?.width, 1280);
  assert.equal(await ada.page.evaluate(() => document.activeElement?.textContent?.trim()), "Full screen");
});

testWithEvidence("the terminal has the height that there is, and its letters the size that was chosen last", () => [ada], async () => {
  await ada.page.locator("#terminal-panel").evaluate((panel) => panel.scrollIntoView({ block: "end" }));
  const box = await ada.page.locator("#terminal").boundingBox();
  assert.ok(box && box.height > 500, `it is ${box?.height} px high of 900`);
  const size = () => ada.page.locator("#terminal .xterm-rows").evaluate((rows) => getComputedStyle(rows).fontSize);
  assert.equal(await size(), "13px");
  for (let times = 0; times < 3; times += 1) await ada.page.getByRole("button", { name: "Larger letters" }).click();
  assert.equal(await size(), "16px");
  await ada.page.reload();
  await terminal.expectConnected();
  assert.equal(await size(), "16px");
  for (let times = 0; times < 3; times += 1) await ada.page.getByRole("button", { name: "Smaller letters" }).click();
  assert.equal(await size(), "13px");
});

testWithEvidence("what is selected is copied by the keys that people know, and what is pasted waits for Enter", () => [ada], async () => {
  await terminal.run("clear", PROMPT);
  await terminal.run("echo harbour-lantern", /^harbour-lantern$/m);
  const word = ada.page.locator("#terminal .xterm-rows > div").filter({ hasText: /^harbour-lantern/ }).first();
  for (const key of ["Control+c", "Control+Shift+c"]) {
    await keep("nothing yet");
    await word.dblclick({ position: { x: 30, y: 8 }, force: true });
    await press(key);
    await ada.page.getByRole("status").filter({ hasText: "Copied." }).waitFor();
    assert.equal(await copied(), "harbour-lantern", key);
  }
  assert.ok(!(await terminal.read()).includes("^C"), "the shell was interrupted");
  await terminal.run("sleep 600", /sleep 600$/);
  await press("Control+c");
  await terminal.expect(/\^C\n\S+ ~ [$#]$/);
  await keep("echo first\necho second");
  for (const key of ["Control+v", "Control+Shift+v"]) {
    await press(key);
    const text = await terminal.expect(/echo second$/);
    assert.ok(!/^second$/m.test(text), "it was run");
    await press("Control+c");
    await terminal.expect(/\^C\n\S+ ~ [$#]$/);
  }
  await ada.page.getByRole("button", { name: "Paste", exact: true }).click();
  await terminal.expect(/echo second$/);
  await press("Control+c");
});

testWithEvidence("several lines are asked for where each would be taken at once", () => [ada], async () => {
  await terminal.run("clear", PROMPT);
  await terminal.run("cat", /cat$/);
  await keep("kubectl delete pods --all\nyes");
  await press("Control+v");
  const dialog = ada.page.getByRole("dialog", { name: "Paste several lines?" });
  await dialog.getByText("kubectl delete pods --all").waitFor();
  assert.deepEqual(await inspect(ada.page), []);
  await dialog.getByRole("button", { name: "Don't paste" }).click();
  await dialog.waitFor({ state: "hidden" });
  assert.ok(!(await terminal.read()).includes("delete"));
  assert.equal(await place(), "#terminal");
  await press("Control+v");
  await dialog.getByRole("button", { name: "Paste and run" }).click();
  await terminal.expect(/kubectl delete pods --all\nyes/);
  await press("Control+c");
  assert.deepEqual(ada.takeProblems(), []);
});

testWithEvidence("on a phone the prompt is one tap from the guide, with the keys that a phone lacks", () => [ada], async () => {
  const phone = await Visitor.arrive(browser, site, { size: PHONE, touch: true });
  await phone.signIn(PERSON);
  await phone.goto(LAB);
  await phone.page.getByRole("tab", { name: "Terminal" }).tap();
  const shell = new Terminal(phone.page);
  await shell.expectConnected();
  const panel = await phone.page.locator("#terminal-panel").boundingBox();
  assert.ok(panel && panel.y >= 0 && panel.y < 60 && panel.y + panel.height <= PHONE.height && panel.height > 700, JSON.stringify(panel));
  const keys = phone.page.locator(".terminal-keys button");
  assert.equal(await keys.count(), 12);
  for (const key of await keys.all()) {
    const box = await key.boundingBox();
    assert.ok(box && box.width >= 44 && box.height >= 44, (await key.textContent()) ?? "");
  }
  assert.deepEqual(await inspect(phone.page), []);
  await phone.photograph("terminal-phone");
  /** @param {string} name */
  const tap = (name) => phone.page.getByRole("button", { name, exact: true }).tap();
  await shell.run("clear", PROMPT);
  await shell.run("echo on-the-phone", /^on-the-phone$/m);
  await tap("Arrow up");
  await tap("Vertical bar");
  await phone.page.keyboard.type(" tr a-z A-Z");
  await phone.page.keyboard.press("Enter");
  await shell.expect(/^ON-THE-PHONE$/m);
  await shell.run("sleep 600", /sleep 600$/);
  await tap("Ctrl, with the next letter");
  await phone.page.keyboard.type("c");
  await shell.expect(/\^C\n\S+ ~ [$#]$/);
  assert.equal(await phone.page.getByRole("button", { name: "Ctrl, with the next letter" }).getAttribute("aria-pressed"), "false");
  await phone.page.keyboard.type("kubec");
  await tap("Tab");
  await shell.expect(/kubectl$/);
  await tap("Ctrl and C");
  assert.ok(await phone.page.locator("#terminal textarea").evaluate((element) => element === document.activeElement), "the focus was taken");
  // An on-screen keyboard leaves less of the page to be seen.
  await phone.page.setViewportSize({ ...PHONE, height: 500 });
  const row = await phone.page.locator(".terminal-keys").boundingBox();
  assert.ok(row && row.y + row.height <= 500, JSON.stringify(row));
  assert.deepEqual(phone.takeProblems(), []);
  await phone.context.close();
});

testWithEvidence("without script the terminal's place says what to do, and holds no empty box", () => [ada], async () => {
  const plain = await Visitor.arrive(browser, site, { script: false });
  await plain.signIn(PERSON);
  await plain.goto(LAB);
  const panel = plain.page.locator("#terminal-panel");
  assert.match(await panel.innerText(), /needs JavaScript, which is off\..*export KUBECONFIG=/s);
  assert.equal(await panel.locator(".terminal-screen, button, input").filter({ visible: true }).count(), 0);
  assert.ok(((await panel.boundingBox())?.height ?? 0) < 320);
  assert.equal(await plain.page.locator("a[href$='/kubeconfig']").count(), 1);
  await plain.context.close();
});

testWithEvidence("when all is done the page says what comes next, and how far the end of the lab is", () => [ada], async () => {
  await ada.goto(LAB);
  await ada.page.locator(".lab-header").getByRole("link", { name: /^Hands-on/ }).waitFor();
  await annotateService(ada, site, NOTES);
  const next = ada.page.getByRole("navigation", { name: "What comes next" });
  await next.waitFor({ timeout: 120_000 });
  assert.equal(await next.getByRole("link").count(), 3);
  assert.deepEqual(await inspect(ada.page), []);
  for (const left of [2, 1]) await ada.press(`Add 1 h (${left} left)`);
  await ada.page.getByText(/^You have added the most time there is: it ends at/).first().waitFor();
  await stopLab(ada);
  const steps = ada.page.locator("#session .steps > li");
  assert.equal(await steps.count(), 4);
  assert.equal(await steps.first().getAttribute("data-state"), "done");
  assert.deepEqual(await inspect(ada.page), []);
  await ada.photograph("lab-ending");
  const session = ada.page.locator("#session");
  await session.getByText("Its namespace is deleted, with everything in it.").waitFor({ timeout: 120_000 });
  await session.getByText("Start it again to practise").waitFor();
  await next.getByRole("link").first().click();
  await ada.expectHeading("Challenges: full service ownership");
  ada.takeProblems();
});
