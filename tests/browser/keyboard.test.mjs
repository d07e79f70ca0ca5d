// The site without a mouse, and on a screen that is zoomed in.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { lessonThatAsks } from "./support/content.mjs";
import { inspect } from "./support/inspection.mjs";
import { LAB, SECTION } from "./support/journeys.mjs";
import { Site } from "./support/site.mjs";
import { browser, end, testWithEvidence } from "./support/suite.mjs";
import { PASSWORD, Visitor, addPerson } from "./support/visitor.mjs";

const ADA = { name: "Ada Byron", email: "ada@example.org" };
const LESSON = `${SECTION}/why-full-service-ownership`;
const MAX_STOPS = 80;

/** @type {Site} */
let site;
/** @type {Visitor} */
let ada;

before(async () => {
  site = await Site.start();
  await addPerson(site, "learner", ADA);
  ada = await Visitor.arrive(browser, site);
});

after(() => end(() => site?.stop()));

/**
 * @param {string} name
 * @param {() => Promise<void>} body
 */
const step = (name, body) => testWithEvidence(`by keyboard: ${name}`, () => [ada], body);

step("the skip link is the first stop, shows itself, and leads to the content", async () => {
  await ada.goto("/prizes");
  await ada.page.keyboard.press("Tab");
  const link = ada.page.getByRole("link", { name: "Skip to the content" });
  assert.ok(await link.evaluate((element) => element === document.activeElement), "it is not the first stop");
  const box = await link.boundingBox();
  assert.ok(box && box.width > 100 && box.height >= 24 && box.x >= 0 && box.y >= 0, "it does not show itself");
  await ada.page.keyboard.press("Enter");
  assert.equal(await ada.page.evaluate(() => document.activeElement?.id), "main");
});

step("signing in", async () => {
  await ada.goto("/sign-in");
  await tabTo("input[name=email]");
  await ada.page.keyboard.type(ADA.email);
  await ada.page.keyboard.press("Tab");
  await ada.page.keyboard.type(PASSWORD);
  await ada.page.keyboard.press("Enter");
  await ada.expectHeading(`Welcome, ${ADA.name}`);
});

step("choosing a tab, which the next page remembers", async () => {
  const base = SECTION.split("/").slice(0, 3).join("/");
  await ada.goto(`${base}/introduction/your-workbench`);
  await tabTo(".tabs > input");
  await ada.page.keyboard.press("ArrowRight");
  const shown = ada.page.locator(".tab-panel:visible");
  assert.match(await shown.innerText(), /brew install kubectl/);
  await ada.goto(`${base}/observability/managed-cluster`);
  assert.match(await shown.innerText(), /brew install doctl/);
});

step("copying a command that goes on over several lines, without what it printed", async () => {
  await ada.context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await ada.goto(`${SECTION}/annotate-a-service`);
  const block = ada.page.locator(".code", { hasText: "service/qotm annotated" }).first();
  await block.getByRole("button", { name: "Copy" }).press("Enter");
  await block.getByRole("button", { name: "Copied" }).waitFor();
  const copied = await ada.page.evaluate(() => navigator.clipboard.readText());
  assert.match(copied, /^kubectl annotate svc qotm \\\n.*a8r\.io\/runbook="[^"]+"$/s);
});

step("asking what a term means, and sending the answer away", async () => {
  await ada.goto(`${SECTION}/control-planes`);
  await tabTo("a.term");
  const means = ada.page.getByRole("tooltip");
  await means.waitFor();
  assert.equal(await ada.page.locator("a.term:focus").getAttribute("aria-describedby"), await means.getAttribute("id"));
  await ada.page.keyboard.press("Escape");
  await means.waitFor({ state: "hidden" });
});

step("reading which keys there are", async () => {
  await ada.goto(LESSON);
  await tabTo(".site-footer button");
  await ada.page.keyboard.press("Enter");
  await ada.page.getByRole("dialog", { name: "Keys" }).waitFor();
  await ada.page.keyboard.press("Escape");
  await ada.page.getByRole("dialog", { name: "Keys" }).waitFor({ state: "hidden" });
});

step("turning the lesson by arrow keys, but never from under what is being written, and not when that is switched off", async () => {
  const path = () => new URL(ada.page.url()).pathname;
  await ada.goto(LESSON);
  await Promise.all([ada.page.waitForEvent("framenavigated"), ada.page.keyboard.press("ArrowRight")]);
  assert.notEqual(path(), LESSON);
  await ada.goto(LESSON);
  await tabTo(".site-footer button");
  await ada.page.keyboard.press("Enter");
  const box = ada.page.getByRole("checkbox", { name: "Arrow keys turn the lessons" });
  await box.press("Space");
  await ada.page.keyboard.press("Escape");
  await ada.page.keyboard.press("ArrowRight");
  await ada.page.reload();
  await ada.page.keyboard.press("ArrowRight");
  assert.equal(path(), LESSON);
  await ada.page.getByRole("button", { name: "Keyboard" }).click();
  assert.equal(await box.isChecked(), false);
  await box.check();
  const asks = lessonThatAsks("text");
  await ada.goto(asks);
  const field = ada.page.locator(".question textarea").first();
  await field.focus();
  await ada.page.locator("h1").click();
  await ada.page.keyboard.press("ArrowRight");
  await field.fill("What was not sent yet.");
  await ada.page.locator("a.brand").focus();
  await ada.page.keyboard.press("ArrowRight");
  // A key that did turn the page would have done so by the time that the browser has answered twice.
  await ada.page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  assert.equal(path(), asks);
  await field.fill("");
  ada.takeProblems();
});

step("searching from anywhere", async () => {
  await ada.goto(LESSON);
  await ada.page.keyboard.press("Control+k");
  await ada.expectHeading("Search the lessons");
  await ada.page.locator("input[name=q]:focus").waitFor();
  await ada.page.keyboard.type("anotations");
  await ada.page.keyboard.press("Enter");
  await ada.page.getByRole("link", { name: "Annotations and labels" }).first().waitFor();
  await ada.page.keyboard.press("Control+k");
  await ada.page.locator("input[name=q]:focus").waitFor();
  await ada.page.keyboard.type("runbook");
  await ada.page.keyboard.press("Enter");
  await ada.page.getByRole("link", { name: "Runbooks and handovers" }).first().waitFor();
});

step("every stop on a page shows that it has the focus", async () => {
  for (const path of ["/", LESSON, "/account", "/entries", LAB]) {
    await ada.goto(path);
    const stops = await walk();
    assert.ok(stops.length > 5, `${path} has only ${stops.length} stops`);
    assert.deepEqual(stops.filter((stop) => !stop.isShown).map((stop) => stop.html), [], `stops of ${path} without a mark`);
    assert.deepEqual(stops.filter((stop) => stop.isCovered).map((stop) => stop.html), [], `stops of ${path} out of sight`);
  }
});

step("answering a question", async () => {
  await ada.goto(lessonThatAsks("single"));
  await tabTo(".question input[type=radio]");
  await ada.page.keyboard.press("ArrowDown");
  await ada.page.keyboard.press("ArrowUp");
  await tabTo(".question button");
  const answered = ada.page.waitForResponse((answer) => answer.request().method() === "POST");
  await ada.page.keyboard.press("Enter");
  await answered;
  await ada.page.locator(".question .judgement").first().waitFor();
});

step("putting lines in order", async () => {
  await ada.goto(lessonThatAsks("order"));
  const list = ada.page.locator(".order").first();
  const before = await list.locator(".order-text").allInnerTexts();
  assert.equal(await list.locator("select:visible").count(), 0, "the numbers stay in sight beside the buttons");
  await tabTo("[data-move=down]");
  await ada.page.keyboard.press("Enter");
  await ada.page.keyboard.press("ArrowDown");
  const after = await list.locator(".order-text").allInnerTexts();
  assert.deepEqual(after, [before[1], before[2], before[0], ...before.slice(3)]);
  assert.ok(await list.locator("[data-move=down]").nth(2).evaluate((button) => button === document.activeElement), "the focus is lost");
  const sent = ada.page.waitForRequest((request) => request.method() === "POST");
  const question = ada.page.locator(".question").filter({ has: list }).first();
  const name = await list.locator("select").first().getAttribute("name");
  await question.getByRole("button", { name: "Check your answer" }).click();
  const values = new URLSearchParams((await sent).postData() ?? "").getAll(name ?? "");
  assert.deepEqual(values.map((value) => value.split(".")[1]), before.map((_, place) => String(place + 1)));
  await ada.page.locator(".question .judgement").first().waitFor();
});

step("the account menu opens, and Escape closes it and keeps the place", async () => {
  await ada.goto("/");
  await tabTo(".account-menu summary");
  await ada.page.keyboard.press("Enter");
  const out = ada.page.getByRole("button", { name: "Sign out" });
  await out.waitFor();
  await ada.page.keyboard.press("Tab");
  await ada.page.keyboard.press("Escape");
  await out.waitFor({ state: "hidden" });
  assert.equal(await ada.page.evaluate(() => document.activeElement?.tagName), "SUMMARY");
});

step("a page at 200 and 400 per cent loses nothing", async () => {
  for (const percent of [200, 400]) {
    // Zoom leaves a window of 1280 by 960 with so many pixels of its own.
    const size = { width: Math.round(128_000 / percent), height: Math.round(96_000 / percent) };
    const zoomed = await Visitor.arrive(browser, site, { size, scale: percent / 100 });
    await zoomed.signIn(ADA);
    for (const path of ["/", LESSON, LAB, "/account"]) {
      await zoomed.goto(path);
      assert.deepEqual(await inspect(zoomed.page), [], `${path} at ${percent} per cent`);
    }
    await zoomed.photograph(`zoom-${percent}`);
    await zoomed.context.close();
  }
});

step("text of twice the size stays on the page", async () => {
  for (const path of ["/", LESSON, LAB, "/account", "/sign-up"]) {
    await ada.goto(path);
    await ada.page.evaluate(() => (document.documentElement.style.fontSize = "200%"));
    assert.deepEqual(await inspect(ada.page), [], path);
    await ada.photograph(`text-200${path.replaceAll("/", "-")}`);
  }
});

/**
 * Presses Tab until the element that matches has the focus.
 * @param {string} selector
 */
async function tabTo(selector) {
  for (let stop = 0; stop < MAX_STOPS; stop += 1) {
    await ada.page.keyboard.press("Tab");
    if (await ada.page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) return;
  }
  assert.fail(`${selector} is not reached by Tab`);
}

/** Every stop of the page from its first to its last, and whether one can see that it has the focus. */
async function walk() {
  const stops = [];
  for (let stop = 0; stop < MAX_STOPS; stop += 1) {
    await ada.page.keyboard.press("Tab");
    const found = await ada.page.evaluate(describeFocus);
    if (!found) break;
    stops.push(found);
  }
  return stops;
}

/** Runs in the page: the focused element, or nothing once the focus has left the page. */
function describeFocus() {
  const element = document.activeElement;
  if (!element || element === document.body) return undefined;
  const style = getComputedStyle(element);
  const box = element.getBoundingClientRect();
  const isOutlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  const isInView = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  return { html: element.outerHTML.slice(0, 120), isShown: isOutlined, isCovered: !isInView };
}
