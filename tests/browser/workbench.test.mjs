// The lab page as a workbench, in a real browser on a real cluster: by keys, by mouse, on a phone, without script, in two tabs.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { deploySystem } from "./support/cluster.mjs";
import { inspect, inspectEverywhere } from "./support/inspection.mjs";
import { LAB, MODULE, arriveAs, stopLab } from "./support/journeys.mjs";
import { Site } from "./support/site.mjs";
import { browser, end, testWithEvidence } from "./support/suite.mjs";
import { Terminal } from "./support/terminal.mjs";
import { Visitor, WIDE } from "./support/visitor.mjs";

const PERSON = { name: "Ada Byron", email: "ada@example.org" };
const PHONE = { width: 390, height: 844 };
const LESSON = `/modules/${MODULE}/full-service-ownership/annotations-and-labels`;

/** @type {Site} */
let site;
/** @type {Visitor} */
let ada;

before(async () => {
  site = await Site.start({ cluster: true });
  ada = await arriveAs(browser, site, "learner", PERSON);
});

after(() =>
  end(async () => {
    await ada?.page.setViewportSize(WIDE);
    await ada?.goto(LAB);
    if (ada) await stopLab(ada);
    await site?.stop();
  }),
);

function separator() {
  return ada.page.getByRole("separator", { name: "Width of the guide" });
}

async function share() {
  return Number(await separator().getAttribute("aria-valuenow"));
}

/** @param {string} name */
function tab(name) {
  return ada.page.getByRole("tab", { name, exact: true });
}

testWithEvidence("without an open lab a command is not typed, and the way to the lab is told", () => [ada], async () => {
  await ada.goto(LESSON);
  await ada.page.getByRole("button", { name: "Put into the lab's terminal" }).first().click();
  const note = ada.page.getByRole("status").filter({ hasText: "No lab is open, so nothing was typed." });
  await note.waitFor();
  await note.getByRole("link", { name: "Start the lab" }).click();
  await ada.expectHeading("Annotate a service");
  await ada.press("Start the lab");
  await ada.page.locator("#session[data-state=ready]").waitFor({ timeout: 240_000 });
  ada.takeProblems();
});

testWithEvidence("the separator is moved by keys and by mouse, and stays where it was put", () => [ada], async () => {
  const guide = ada.page.locator("#lab-guide");
  const width = async () => (await guide.boundingBox())?.width ?? 0;
  assert.equal(await share(), 42);
  const before = await width();
  await separator().focus();
  for (const [key, expected] of /** @type {const} */ ([["ArrowRight", 44], ["Shift+ArrowRight", 54], ["ArrowLeft", 52], ["Home", 25], ["End", 75]])) {
    await ada.page.keyboard.press(key);
    assert.equal(await share(), expected, key);
  }
  assert.ok((await width()) > before + 100, "the guide is not wider");
  const box = await separator().boundingBox();
  assert.ok(box);
  await ada.page.mouse.move(box.x + box.width / 2, box.y + 200);
  await ada.page.mouse.down();
  await ada.page.mouse.move(640, box.y + 220, { steps: 4 });
  await ada.page.mouse.up();
  const moved = await share();
  assert.ok(moved > 40 && moved < 60, `it is at ${moved}`);
  await ada.page.reload();
  assert.equal(await share(), moved, "it is not remembered");
  await separator().dblclick();
  assert.equal(await share(), 42);
  assert.deepEqual(ada.takeProblems(), []);
});

testWithEvidence("tabs are chosen by arrow keys, and the terminal behind them stays connected", () => [ada], async () => {
  const terminal = new Terminal(ada.page);
  await terminal.expectConnected();
  await terminal.run("echo here-it-was", /^here-it-was$/m);
  await tab("Terminal").focus();
  await ada.page.keyboard.press("ArrowRight");
  await ada.page.locator("[data-page=quote]").waitFor();
  assert.equal(await tab("Web pages").getAttribute("aria-selected"), "true");
  assert.equal(await ada.page.locator("#terminal").isVisible(), false);
  await ada.page.keyboard.press("End");
  await ada.page.getByRole("heading", { name: "Pods" }).waitFor();
  await ada.page.keyboard.press("Home");
  await terminal.expect(/^here-it-was$/m);
  assert.deepEqual(await inspect(ada.page), []);
});

testWithEvidence("a command of the guide is typed beside it, and Enter is left to the person", () => [ada], async () => {
  const terminal = new Terminal(ada.page);
  await terminal.run("clear", /^\S+ ~ [$#]$/);
  await tab("Web pages").click();
  const block = ada.page.locator("#lab-guide .code", { hasText: "kubectl get deployments,pods,services" });
  await block.getByRole("button", { name: "Put into the lab's terminal" }).click();
  await block.getByText("Typed into the terminal. Press Enter there to run it.").waitFor();
  // Three commands stand there, and none of them was run.
  const text = await terminal.expect(/curl -s http:\/\/qotm \| jq$/);
  assert.ok(!text.includes("deployment.apps/qotm"), text);
  assert.ok(await ada.page.locator("#terminal").evaluate((element) => element.contains(document.activeElement)));
  await ada.page.keyboard.press("Control+c");
  await terminal.run("clear", /^\S+ ~ [$#]$/);
});

testWithEvidence("a lesson in another tab types into the open lab", () => [ada], async () => {
  const terminal = new Terminal(ada.page);
  const lesson = await ada.context.newPage();
  await lesson.goto(new URL(LESSON, site.url).href);
  await tab("Namespace").click();
  await lesson.getByRole("button", { name: "Put into the lab's terminal" }).first().click();
  await lesson.getByText("Typed into the terminal of your lab, in its own tab. Press Enter there to run it.").waitFor();
  await lesson.close();
  await terminal.expect(/[$#] kubectl label svc qotm channel='#harbour'$/);
  assert.equal(await tab("Terminal").getAttribute("aria-selected"), "true");
  await ada.page.locator("#terminal .xterm-screen").click();
  await ada.page.keyboard.press("Control+c");
});

testWithEvidence("with no tab of the lab open, commands of several lines open one, and wait in its shell for Enter", () => [ada], async () => {
  await ada.goto(`/modules/${MODULE}/full-service-ownership/service-catalogues`);
  const opened = ada.context.waitForEvent("page");
  const block = ada.page.locator(".code", { hasText: "kubectl get svc -o json | jq -r" });
  await block.getByRole("button", { name: "Put into the lab's terminal" }).click();
  const lab = await opened;
  const terminal = new Terminal(lab);
  const shown = await terminal.expect(/jq -r '\n[^]*\| @tsv'$/);
  await block.getByText("Typed into the terminal of your lab, in its own tab. Press Enter there to run it.").waitFor();
  assert.equal(shown.split("kubectl get svc").length, 2, shown);
  assert.match(await terminal.read(), /\| @tsv'$/, "something was run, for something was printed below it");
  await lab.close();
  await ada.goto(LAB);
  const again = new Terminal(ada.page);
  await again.expect(/\| @tsv'$/);
  await ada.page.locator("#terminal .xterm-screen").click();
  await ada.page.keyboard.press("Control+c");
  await again.run("clear", /^\S+ ~ [$#]$/);
});

testWithEvidence("only commands for the lab are offered to it", () => [ada], async () => {
  await ada.goto(`/modules/${MODULE}/full-service-ownership/annotate-a-service`);
  await ada.page.getByRole("button", { name: "Copy" }).first().waitFor();
  assert.equal(await ada.page.locator(".run-button").count(), 0, "commands for a cluster of one's own are offered");
  await ada.goto(LESSON);
  const own = ada.page.locator(".code", { hasText: "--overwrite" }).last();
  await own.getByText("For a cluster of your own").waitFor();
  assert.equal(await own.locator(".run-button").count(), 0);
  await ada.goto(LAB);
});

testWithEvidence("what is in the namespace is shown as it changes, and the focus stays where it is", () => [ada], async () => {
  await tab("Namespace").click();
  const pods = ada.page.locator("#pods-table");
  await pods.getByRole("rowheader", { name: "toolbox" }).waitFor();
  await pods.focus();
  await deploySystem(ada, site);
  await pods.getByRole("rowheader", { name: /^front-/ }).waitFor({ timeout: 60_000 });
  await ada.page.locator("#deployments-table").getByRole("row", { name: /store As wanted/ }).waitFor({ timeout: 120_000 });
  assert.equal(await ada.page.evaluate(() => document.activeElement?.id), "pods-table");
  assert.match(await ada.page.locator("#services-table").innerText(), /front[^]*1 ready/);
  assert.deepEqual(await inspectEverywhere(ada, "lab-namespace"), []);
  ada.takeProblems();
});

testWithEvidence("on a phone one part is shown at a time, and links between steps and tasks lead to each other", () => [ada], async () => {
  await ada.page.setViewportSize(PHONE);
  await ada.goto(LAB);
  assert.equal(await ada.page.locator("#terminal").isVisible(), false);
  assert.equal(await separator().isVisible(), false);
  await ada.page.locator("#task-owner").getByRole("link", { name: /^In the guide/ }).click();
  const step = ada.page.getByRole("heading", { name: /2\. Say whose it is/ });
  assert.ok(await step.evaluate((heading) => heading.getBoundingClientRect().top < innerHeight));
  await ada.page.locator(".step-tasks").getByRole("link", { name: "Say whose it is" }).click();
  assert.ok(await ada.page.locator("#task-owner").evaluate((task) => Math.abs(task.getBoundingClientRect().top) < innerHeight));
  for (const name of ["Terminal", "Web pages", "Namespace", "Guide"]) {
    await tab(name).tap().catch(() => tab(name).click());
    assert.equal(await tab(name).getAttribute("aria-selected"), "true");
    assert.deepEqual(await inspect(ada.page), [], name);
    await ada.photograph(`lab-phone-${name.toLowerCase().replace(" ", "-")}`);
  }
  await tab("Terminal").click();
  await ada.page.evaluate(() => (location.hash = "task-chat"));
  await ada.page.locator("#task-chat").waitFor();
  await ada.page.setViewportSize(WIDE);
});

testWithEvidence("without script every part is there, one below the other", () => [ada], async () => {
  const plain = await Visitor.arrive(browser, site, { script: false });
  await plain.signIn(PERSON);
  await plain.goto(LAB);
  const tops = [];
  for (const part of ["#session", "#tasks", "#terminal-panel", "#web-pages", "#namespace"]) {
    const box = await plain.page.locator(part).boundingBox();
    assert.ok(box, `${part} is not shown`);
    tops.push(box.y);
  }
  assert.deepEqual(tops, [...tops].sort((one, other) => one - other));
  assert.equal(await plain.page.getByRole("tablist").isVisible(), false);
  assert.equal(await plain.page.getByRole("separator").isVisible(), false);
  await plain.page.getByRole("link", { name: /^Pods, Deployments, Services/ }).click();
  await plain.page.getByRole("rowheader", { name: "toolbox" }).waitFor();
  await plain.context.close();
});
