// The whole week: from the first admin's link to the voucher on the winner's page, on a real cluster.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { inspectEverywhere } from "./support/inspection.mjs";
import { LAB, MODULE, SECTION, acceptFirstEntry, arriveAs, enterCheckpoint, importVouchers, stopLab } from "./support/journeys.mjs";
import { Site } from "./support/site.mjs";
import { browser, end, testWithEvidence } from "./support/suite.mjs";
import { Terminal } from "./support/terminal.mjs";
import { Visitor } from "./support/visitor.mjs";

const ADMIN = { name: "Noor Haddad", email: "noor@example.org" };
const INSTRUCTOR = { name: "Tomás Ferreira", email: "tomas@example.org" };
const LEARNER = { name: "Ada Byron", email: "ada@example.org" };
const OTHER = { name: "Jun Watanabe", email: "jun@example.org" };
const CODES = ["GIFT-7QHX-22PL", "GIFT-MM4W-9TTC"];
const READY_WITHIN_MS = 240_000;
const GRADED_WITHIN_MS = 180_000;
const ANNOTATIONS = {
  "a8r.io/owner": LEARNER.name,
  "a8r.io/description": "Answers with a quote of the moment",
  "a8r.io/repository": "https://git.example.org/harbour/qotm",
  "a8r.io/bugs": "https://git.example.org/harbour/qotm/issues",
  "a8r.io/chat": "#harbour",
  "a8r.io/runbook": "https://wiki.example.org/harbour/qotm-runbook",
};

/** @type {Site} */
let site;
/** @type {Visitor} */
let admin;
/** @type {Visitor} */
let instructor;
/** @type {Visitor} */
let ada;
let entry = "";

before(async () => {
  site = await Site.start({ cluster: true });
  [admin, ada] = await Promise.all([Visitor.arrive(browser, site), Visitor.arrive(browser, site)]);
});

after(() => end(leave));

/** Leaves nothing in the cluster, even when a step failed half-way. */
async function leave() {
  try {
    await ada?.goto(LAB);
    if (await ada?.page.locator("#session").isVisible()) {
      await stopLab(ada);
      await expectState("none", READY_WITHIN_MS);
    }
  } finally {
    await site?.stop();
  }
}

/** The step that failed, after which the others mean nothing. */
let failed = "";

/**
 * @param {string} name
 * @param {() => Promise<void>} body
 */
function step(name, body) {
  testWithEvidence(`the week: ${name}`, () => [ada, admin, instructor].filter(Boolean), async () => {
    assert.equal(failed, "", "this step follows one that failed");
    failed = name;
    await body();
    failed = "";
  });
}

step("the first admin takes the link, which works once", async () => {
  await admin.becomeFirstAdmin(ADMIN);
  await admin.expectHeading("Overview");
  await ada.goto(site.adminLink);
  await ada.expectHeading("This installation has its admin");
});

step("the command line makes an instructor, and the admin brings voucher codes", async () => {
  instructor = await arriveAs(browser, site, "instructor", INSTRUCTOR);
  await importVouchers(admin, CODES);
  await admin.page.getByRole("heading", { name: "2 added" }).waitFor();
});

step("a learner signs up and follows the link in the mail", async () => {
  await ada.signUp(LEARNER);
  await ada.verify(LEARNER.email);
  await ada.expectHeading(`Welcome, ${LEARNER.name}`);
});

step("she reads the section to its end", async () => {
  await ada.goto(`/modules/${MODULE}`);
  const links = ada.page.locator(`.lesson-list a[href^='${SECTION}/']`);
  const count = await links.count();
  assert.ok(count >= 10, `the section has ${count} lessons`);
  await links.first().click();
  for (let lesson = 0; lesson < count; lesson += 1) await ada.press(/^I have read this/);
  await ada.goto(`/modules/${MODULE}`);
  assert.equal(await ada.page.locator(`.is-read a[href^='${SECTION}/']`).count(), count);
});

step("she opens the lab from its lesson and starts it", async () => {
  await ada.goto(`${SECTION}/annotate-a-service`);
  await ada.page.locator(`a[href='${LAB}']`).first().click();
  await ada.expectHeading("Annotate a service");
  assert.deepEqual(await inspectEverywhere(ada, "lab-not-started"), []);
  await ada.press("Start the lab");
  await ada.photograph("lab-starting");
  await expectState("ready", READY_WITHIN_MS);
  ada.expectNoProblem();
});

step("the terminal is hers, and still there after a reload", async () => {
  const terminal = new Terminal(ada.page);
  await terminal.expectConnected();
  await terminal.run("kubectl get service qotm -o name", /^service\/qotm$/m);
  await terminal.run("kubectl get secrets -A", /Forbidden|forbidden/);
  await ada.page.reload();
  await terminal.expectConnected();
  await terminal.run("kubectl get deployment qotm -o name", /^deployment.apps\/qotm$/m);
  assert.deepEqual(await inspectEverywhere(ada, "lab-ready"), []);
});

step("the shell has the size of her screen, however long the connection took", async () => {
  const terminal = new Terminal(ada.page);
  const size = ada.page.viewportSize();
  assert.ok(size);
  const isTerminal = (/** @type {URL} */ url) => url.pathname === `${LAB}/terminal`;
  await ada.page.routeWebSocket(isTerminal, async (socket) => {
    await ada.page.setViewportSize({ ...size, height: size.height - 200 });
    // The terminal follows what it stands in with the next frames.
    await ada.page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    socket.connectToServer();
  });
  await ada.page.reload();
  await terminal.expectConnected();
  const rows = await terminal.rows.locator("> div").count();
  await terminal.run("clear", /^\S+ ~ [$#]$/);
  await terminal.run("stty size", new RegExp(`^${rows} \\d+$`, "m"));
  await ada.page.setViewportSize(size);
  await terminal.run("clear", /^\S+ ~ [$#]$/);
});

step("a lesson's command lands in her terminal, and waits for her to enter it", async () => {
  const terminal = new Terminal(ada.page);
  const lesson = await ada.context.newPage();
  await lesson.goto(new URL(`${SECTION}/annotations-and-labels`, ada.page.url()).href);
  const buttons = lesson.getByRole("button", { name: "Put into the lab's terminal" });
  const said = lesson.getByRole("status");
  await buttons.first().click();
  await said.getByText("Typed into the terminal of your lab, in its own tab. Press Enter there to run it.").waitFor();
  const standing = /[$#] kubectl label svc qotm channel='#harbour'$/;
  await terminal.expect(standing);
  await buttons.first().click();
  await said.getByText("It stands in the terminal of your lab already").waitFor();
  await buttons.nth(1).click();
  await said.getByText("Another command stands in the terminal of your lab").waitFor();
  await terminal.expect(standing);
  await ada.page.keyboard.press("Control+c");
  await buttons.first().click();
  await said.getByText("Typed into the terminal of your lab").waitFor();
  await terminal.expect(standing);
  await ada.page.keyboard.press("Control+c");
  await lesson.close();
  await terminal.run("clear", /^\S+ ~ [$#]$/);
});

step("before any work, checking fails every task, and a hint that is asked for says where to look", async () => {
  await check();
  const unmet = ada.page.locator("#tasks [data-verdict='fail']");
  assert.equal(await unmet.count(), await tasks().count());
  assert.equal(await ada.page.locator("#tasks .verdict-hint").count(), 0);
  await unmet.first().getByText("The first hint of a task is free.").waitFor();
  await unmet.first().getByRole("button", { name: "Show a hint" }).click();
  await unmet.locator(".verdict-hint").first().waitFor();
  assert.equal(await ada.page.evaluate(() => document.querySelector(":target")?.id), "hint-owner-owner");
  assert.deepEqual(await inspectEverywhere(ada, "lab-failed-checks"), []);
});

step("she types the annotations in the terminal, and checking passes every task", async () => {
  const terminal = new Terminal(ada.page);
  await terminal.expectConnected();
  await terminal.run("clear", /^\S+ ~ [$#]$/);
  const written = Object.entries(ANNOTATIONS).map(([key, value]) => `'${key}=${value}'`);
  await terminal.run(`kubectl annotate service qotm ${written.join(" ")}`, /service\/qotm annotated/);
  await check();
  assert.equal(await ada.page.locator("#tasks [data-verdict='pass']").count(), await tasks().count());
  assert.deepEqual(await inspectEverywhere(ada, "lab-passed"), []);
  ada.expectNoProblem();
});

step("the catalogue shows her service as its annotations describe it", async () => {
  await ada.goto("/catalogue");
  const card = ada.page.getByRole("listitem").filter({ has: ada.page.getByRole("heading", { name: "qotm" }) });
  const text = await card.innerText();
  for (const value of Object.values(ANNOTATIONS)) assert.ok(text.includes(value), `${value} is not in:\n${text}`);
  assert.deepEqual(await inspectEverywhere(ada, "catalogue", { reload: true }), []);
});

step("she stops the lab, and what was graded stays", async () => {
  await ada.goto(LAB);
  await stopLab(ada);
  await expectState("none", READY_WITHIN_MS);
  assert.equal(await ada.page.locator("#tasks [data-verdict='pass']").count(), await tasks().count());
  assert.deepEqual(await inspectEverywhere(ada, "lab-stopped"), []);
});

step("she enters the checkpoint, and an instructor accepts", async () => {
  entry = await enterCheckpoint(ada);
  await acceptFirstEntry(instructor);
  await instructor.goto("/review");
  assert.equal(await instructor.page.getByRole("link", { name: /^Entry \d+/ }).count(), 0);
});

step("the voucher comes by mail, and its code is on the winner's page alone", async () => {
  await site.mailbox.expect(LEARNER.email, /accepted/);
  const mail = await site.mailbox.expect(LEARNER.email, /voucher/i);
  assert.ok(!holdsCode(mail.text), "the mail itself holds the code");
  await ada.goto(await site.mailbox.expectLink(LEARNER.email, /voucher/i));
  assert.equal(new URL(ada.page.url()).pathname, entry);
  assert.ok(CODES.includes(await ada.page.locator(".voucher-code").innerText()));
  const other = await arriveAs(browser, site, "learner", OTHER);
  for (const visitor of [other, instructor, admin]) {
    for (const path of [entry, `${entry}/eligibility`, `/entries`, "/prizes"]) {
      await visitor.goto(path);
      assert.ok(!holdsCode(await visitor.page.content()), `a code is on ${path}`);
    }
    assert.equal((await visitor.goto(entry)).status(), 404);
  }
  ada.expectNoProblem();
});

/** @param {string} text */
function holdsCode(text) {
  return CODES.some((code) => text.includes(code));
}

function tasks() {
  return ada.page.locator("#tasks .verdicts > li");
}

/**
 * @param {string} state
 * @param {number} timeout
 */
async function expectState(state, timeout) {
  await ada.page.locator(`#session[data-state='${state}']`).waitFor({ timeout });
}

/** Presses the button that checks, and waits for every verdict. */
async function check() {
  // The page that answers has the same button as the one that asked, but is another document.
  await ada.page.evaluate(() => document.body.setAttribute("data-asked", ""));
  await ada.press(/^Check (my work|again)/);
  const answer = ada.page.locator("body:not([data-asked])");
  await answer.getByRole("button", { name: /^Check again/ }).waitFor({ timeout: GRADED_WITHIN_MS });
}
