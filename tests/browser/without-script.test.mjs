// The whole way from signing up to an entry in a browser that runs no script.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { lessonThatAsks } from "./support/content.mjs";
import { MODULE, SECTION, enterCheckpoint } from "./support/journeys.mjs";
import { Site } from "./support/site.mjs";
import { browser, end, testWithEvidence } from "./support/suite.mjs";
import { PASSWORD, Visitor } from "./support/visitor.mjs";

const ADA = { name: "Ada Byron", email: "ada@example.org" };
const LESSON = `${SECTION}/why-full-service-ownership`;

/** @type {Site} */
let site;
/** @type {Visitor} */
let ada;

before(async () => {
  site = await Site.start();
  ada = await Visitor.arrive(browser, site, { script: false });
});

after(() => end(() => site?.stop()));

/**
 * @param {string} name
 * @param {() => Promise<void>} body
 */
const step = (name, body) => testWithEvidence(`without script: ${name}`, () => [ada], body);

step("signing up, verifying, and signing in again", async () => {
  await ada.signUp(ADA);
  await ada.verify(ADA.email);
  await ada.expectHeading(`Welcome, ${ADA.name}`);
  // Without script the menu is a plain disclosure, which the browser opens by itself.
  await ada.page.locator(".account-menu summary").click();
  await ada.press("Sign out");
  await ada.signIn(ADA);
  await ada.expectHeading(`Welcome, ${ADA.name}`);
});

step("tabs can be chosen, a term leads to the glossary, and the keys are told", async () => {
  const base = SECTION.split("/").slice(0, 3).join("/");
  await ada.goto(`${base}/introduction/your-workbench`);
  await ada.page.getByText("macOS", { exact: true }).click();
  assert.match(await ada.page.locator(".tab-panel:visible").innerText(), /brew install kubectl/);
  await ada.goto(`${SECTION}/control-planes`);
  await ada.page.locator("a.term").first().click();
  await ada.expectHeading("Glossary");
  await ada.page.getByRole("button", { name: "Keyboard" }).click();
  await ada.page.getByRole("dialog", { name: "Keys" }).waitFor();
});

step("a refused form keeps what was typed, and never the password", async () => {
  const guest = await Visitor.arrive(browser, site, { script: false });
  await guest.goto("/sign-up");
  await guest.page.getByLabel("Name", { exact: true }).fill("Grace");
  await guest.page.getByLabel("Email address").fill("nowhere");
  await guest.page.getByLabel("Password").fill(PASSWORD);
  await guest.press("Sign up");
  assert.equal(await guest.page.getByLabel("Name", { exact: true }).inputValue(), "Grace");
  assert.equal(await guest.page.getByLabel("Password").inputValue(), "");
  const email = guest.page.getByLabel("Email address");
  assert.equal(await email.getAttribute("aria-invalid"), "true");
  const described = (await email.getAttribute("aria-describedby")) ?? "";
  assert.ok((await guest.page.locator(`#${described.split(" ").at(-1)}`).innerText()).length > 0);
  await guest.context.close();
});

step("reading a lesson and answering its question", async () => {
  await ada.goto(lessonThatAsks("single"));
  const question = ada.page.locator(".question").first();
  await question.locator(".choice label").first().click();
  await question.getByRole("button").click();
  await question.locator(".judgement").waitFor();
  assert.match(ada.page.url(), /#question-/);
});

step("what was written when the session ended is sent after signing in on the page that holds it", async () => {
  await ada.goto(lessonThatAsks("text"));
  const question = ada.page.locator(".question").filter({ has: ada.page.locator("textarea") }).first();
  await question.locator("textarea").fill("\nWhom to call,\n  and where the <runbook> is.");
  await ada.context.clearCookies({ name: "session" });
  await question.getByRole("button").click();
  await ada.expectHeading("You were signed out meanwhile");
  const kept = ada.page.locator("textarea[name^='preserved.field.answer-'], textarea[name^=answer-]").first();
  assert.equal(await kept.inputValue(), "\nWhom to call,\n  and where the <runbook> is.");
  await ada.page.getByLabel("Email address").fill(ADA.email);
  await ada.page.getByLabel("Password").fill("not the password at all");
  await ada.press("Sign in");
  assert.equal(await kept.inputValue(), "\nWhom to call,\n  and where the <runbook> is.");
  await ada.page.getByLabel("Password").fill(PASSWORD);
  await ada.press("Sign in");
  await ada.page.getByText(`You are signed in as ${ADA.name}.`).waitFor();
  await ada.press("Send it again");
  assert.match(ada.page.url(), /#question-/);
  await ada.page.locator(".question .judgement").first().waitFor();
  assert.ok((await ada.page.locator(".question textarea").first().inputValue()).includes("and where the <runbook> is."));
});

step("putting lines in order by their numbers", async () => {
  await ada.goto(lessonThatAsks("order"));
  const question = ada.page.locator(".question").filter({ has: ada.page.locator(".order") }).first();
  const numbers = await question.locator("select").all();
  for (const [place, select] of numbers.entries()) await select.selectOption(String(place + 1));
  await question.getByRole("button").click();
  await question.locator(".judgement").waitFor();
  assert.equal(await question.locator(".order .why").count(), numbers.length);
  if (await question.locator(".choice-wrong").count()) {
    assert.equal(await question.locator(".judgement ol").count(), 0, "the order is kept for a second try");
    await question.getByRole("button", { name: "Show the answer" }).click();
    assert.equal(await question.locator(".judgement ol li").count(), numbers.length);
  }
});

step("marking it as read leads to the next lesson and counts", async () => {
  await ada.goto(LESSON);
  await ada.press(/^I have read this/);
  assert.notEqual(new URL(ada.page.url()).pathname, LESSON);
  await ada.goto(`/modules/${MODULE}`);
  assert.match(await ada.page.locator(".lesson-list .is-read").first().innerText(), /Why full service ownership/);
});

step("choosing the dark colours", async () => {
  await ada.goto("/prizes");
  await ada.page.locator(".account-menu summary").click();
  await ada.press("Dark");
  assert.equal(new URL(ada.page.url()).pathname, "/prizes");
  assert.equal(await ada.page.locator("html").getAttribute("data-theme"), "dark");
});

step("entering the checkpoint", async () => {
  const path = await enterCheckpoint(ada);
  assert.match(path, /^\/entries\//);
  await ada.goto("/entries");
  await ada.page.locator(`main a[href='${path}']`).waitFor();
  ada.expectNoProblem();
});

step("the lab page says how it stands, and offers to look again", async () => {
  await ada.goto("/labs/service-annotations");
  assert.match(await ada.page.locator("#session").innerText(), /Labs cannot run yet/);
  assert.equal(await ada.page.locator("[data-copy]:visible, [data-run]:visible").count(), 0, "buttons that only script can work");
});
