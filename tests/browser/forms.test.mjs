// Forms as browsers send them: stopped half-way, from two tabs, after a restart, at another address.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { MODULE, enterCheckpoint } from "./support/journeys.mjs";
import { Site } from "./support/site.mjs";
import { browser, end, testWithEvidence } from "./support/suite.mjs";
import { PASSWORD, Visitor, addPerson } from "./support/visitor.mjs";

const ADA = { name: "Ada Byron", email: "ada@example.org" };
const BEN = { name: "Ben Okri", email: "ben@example.org" };

/** @type {Site} */
let site;
/** @type {Visitor} */
let ada;

before(async () => {
  site = await Site.start();
  for (const person of [ADA, BEN]) await addPerson(site, "learner", person);
  ada = await Visitor.arrive(browser, site);
});

after(() => end(() => site?.stop()));

/**
 * @param {string} name
 * @param {() => Promise<void>} body
 */
const step = (name, body) => testWithEvidence(`forms: ${name}`, () => [ada], body);

step("two first pages opened at once both sign in", async () => {
  const second = await ada.context.newPage();
  await Promise.all([ada.goto("/sign-in"), second.goto("/sign-in?next=/prizes")]);
  for (const page of [ada.page, second]) {
    await page.getByLabel("Email address").fill(ADA.email);
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.locator("form[action='/sign-out']").waitFor({ state: "attached" });
  }
  assert.equal(new URL(second.url()).pathname, "/prizes", "the second tab leads on");
  await second.close();
});

step("a form that was stopped half-way can be sent again", async () => {
  await ada.goto("/account");
  const sent = ada.page.waitForRequest("**/account/name");
  await ada.page.route("**/account/name", () => {}, { times: 1 });
  await ada.page.getByRole("button", { name: "Change the name" }).click({ noWaitAfter: true });
  await sent;
  // As the browser's own button does it; a script of the page waits for the navigation that it would stop.
  const tools = await ada.context.newCDPSession(ada.page);
  await tools.send("Page.stopLoading");
  await ada.page.locator("[data-sending]").waitFor({ state: "detached" });
  await ada.press("Change the name");
  await ada.page.getByText("Your name is changed.").waitFor();
});

step("an entry survives signing out and in as somebody else in another tab", async () => {
  await ada.goto(`/checkpoints/${MODULE}`);
  const form = ada.page.locator("main form");
  for (const question of await form.getByRole("group").all()) await question.locator("label").first().click();
  for (const field of await form.getByRole("textbox").all()) await field.fill("The team that wrote it, day and night.");
  const tab = await ada.context.newPage();
  await tab.goto("/account");
  await tab.locator(".account-menu summary").click();
  await tab.getByRole("button", { name: "Sign out", exact: true }).click();
  await tab.getByText("You are signed out.").waitFor();
  await tab.goto("/sign-in");
  await tab.getByLabel("Email address").fill(BEN.email);
  await tab.getByLabel("Password").fill(PASSWORD);
  await tab.getByRole("button", { name: "Sign in" }).click();
  await tab.getByText(`Welcome, ${BEN.name}`).waitFor();
  await ada.press("Send the entry");
  await ada.expectHeading("This form has expired");
  await ada.page.getByText("Somebody else is signed in now").waitFor();

  await tab.goto("/account");
  await tab.locator(".account-menu summary").click();
  await tab.getByRole("button", { name: "Sign out", exact: true }).click();
  await tab.getByText("You are signed out.").waitFor();
  await ada.press("Send it again");
  await ada.expectHeading("You were signed out meanwhile");
  await ada.page.getByLabel("Email address").fill(ADA.email);
  await ada.page.getByLabel("Password").fill(PASSWORD);
  await ada.press("Sign in");
  await ada.page.getByText(`You are signed in as ${ADA.name}.`).waitFor();
  await ada.press("Send it again");
  assert.match(new URL(ada.page.url()).pathname, /^\/entries\//);
  await tab.close();
});

step("the site works by 127.0.0.1 as it does by localhost", async () => {
  const guest = await Visitor.arrive(browser, site);
  await guest.page.goto(site.url.replace("localhost", "127.0.0.1") + "/sign-in");
  await guest.page.getByLabel("Email address").fill(BEN.email);
  await guest.page.getByLabel("Password").fill(PASSWORD);
  await guest.press("Sign in");
  await guest.expectHeading(`Welcome, ${BEN.name}`);
  guest.takeProblems();
  await guest.context.close();
});

step("a form at another address than the public one says which address came, which was expected and what to set", async () => {
  const elsewhere = await Site.start({ settings: { SERVER__PUBLIC_URL: "http://learn.example.org" } });
  const guest = await Visitor.arrive(browser, elsewhere);
  await guest.goto("/recover");
  await guest.page.getByLabel("Email address").fill(ADA.email);
  await guest.press("Send the link");
  await guest.expectHeading("This came from another address");
  const said = await guest.page.locator(".lead").innerText();
  for (const part of [elsewhere.url, "http://learn.example.org", "server.public_url"]) assert.ok(said.includes(part), said);
  await elsewhere.waitForLog("server.public_url");
  guest.takeProblems();
  await guest.context.close();
  await elsewhere.stop();
});

step("a refused form has the focus on its faults, and each leads to its field", async () => {
  for (const script of [true, false]) {
    const visitor = await Visitor.arrive(browser, site, { script });
    await visitor.goto("/sign-up");
    await visitor.press("Sign up");
    const { page } = visitor;
    assert.match(await page.title(), /^Error: Sign up/);
    const summary = page.locator(".error-summary");
    assert.ok(await summary.evaluate((element) => element === document.activeElement), "the summary has the focus");
    const links = summary.getByRole("link");
    assert.equal(await links.count(), await page.locator(".error").count());
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    const field = await page.evaluate(() => document.activeElement?.id);
    assert.equal(`#${field}`, await links.first().getAttribute("href"));
    await visitor.context.close();
  }
});

step("an entry is withdrawn once that is confirmed, and its answers are in the form again", async () => {
  const cleo = { name: "Cleo Marsh", email: "cleo@example.org" };
  await addPerson(site, "learner", cleo);
  const visitor = await Visitor.arrive(browser, site);
  await visitor.signIn(cleo);
  const entry = await enterCheckpoint(visitor);
  const { page } = visitor;
  const link = page.getByRole("link", { name: "Withdraw this entry" });
  await link.focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Withdraw this entry?" });
  await dialog.getByText("voucher queue").waitFor();
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), "Keep my entry", "Enter at once changes nothing");
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  assert.ok(await link.evaluate((element) => element === document.activeElement), "the focus is where it was");
  assert.equal(new URL(page.url()).pathname, entry);
  await link.click();
  await visitor.press("Withdraw it");
  await page.getByText("Your entry is withdrawn").waitFor();
  await visitor.goto(`/checkpoints/${MODULE}`);
  const fields = await page.locator("main form").getByRole("textbox").all();
  for (const field of fields) assert.match(await field.inputValue(), /^The team that wrote it/);
  assert.ok((await page.locator("main form input:checked").count()) > 0);
  await visitor.context.close();

  const plain = await Visitor.arrive(browser, site, { script: false });
  await plain.signIn(cleo);
  await plain.goto(`/checkpoints/${MODULE}`);
  await plain.press("Send the entry");
  await plain.page.getByRole("link", { name: "Withdraw this entry" }).click();
  await plain.expectHeading("Withdraw this entry?");
  await plain.page.getByRole("link", { name: "Keep my entry" }).click();
  await plain.page.getByText("Waiting for review").waitFor();
  await plain.context.close();
});
