// What people do on the site, in the words of what they do.
import { addPerson, Visitor } from "./visitor.mjs";

/** @typedef {import("./site.mjs").Site} Site */
/** @typedef {import("./visitor.mjs").Person} Person */

export const MODULE = "full-service-ownership";
export const SECTION = `/modules/${MODULE}/full-service-ownership`;
export const GAME_LAB = "/labs/day-2-game-day";
export const LAB = "/labs/service-annotations";

/**
 * Somebody who was added by the command line, signed in.
 * @param {import("playwright-core").Browser} browser
 * @param {Site} site
 * @param {"learner" | "instructor" | "admin"} role
 * @param {Person} person
 */
export async function arriveAs(browser, site, role, person) {
  await addPerson(site, role, person);
  const visitor = await Visitor.arrive(browser, site);
  await visitor.signIn(person);
  return visitor;
}

/**
 * Stops the lab whose page the visitor is on, if it runs.
 * @param {Visitor} visitor
 */
export async function stopLab(visitor) {
  const link = visitor.page.getByRole("link", { name: "Stop the lab" });
  if (!(await link.isVisible())) return;
  await link.click();
  await visitor.press("Stop the lab");
}

/**
 * Answers every question of the checkpoint and sends the entry; leaves the visitor on the page of the entry.
 * @param {Visitor} visitor
 * @param {string} module
 */
export async function enterCheckpoint(visitor, module = MODULE) {
  await visitor.goto(`/checkpoints/${module}`);
  const form = visitor.page.locator("main form");
  for (const question of await form.getByRole("group").all()) await question.locator("label").first().click();
  for (const field of await form.getByRole("textbox").all()) {
    await field.fill("The team that wrote it, and a runbook beside the service.");
  }
  await visitor.press("Send the entry");
  return new URL(visitor.page.url()).pathname;
}

/**
 * Takes the first entry of the queue, and leaves the reviewer on its page.
 * @param {Visitor} reviewer
 */
export async function claimFirstEntry(reviewer) {
  await reviewer.goto("/review");
  await reviewer.page.getByRole("link", { name: /^Entry \d+/ }).first().click();
  await reviewer.press(/^Take this entry/);
}

/** @param {Visitor} reviewer */
export async function acceptFirstEntry(reviewer) {
  await claimFirstEntry(reviewer);
  await reviewer.press("Accept");
}

/**
 * @param {Visitor} reviewer
 * @param {string} reason
 */
export async function rejectFirstEntry(reviewer, reason) {
  await claimFirstEntry(reviewer);
  await reviewer.page.getByLabel(/^Reason/).fill(reason);
  await reviewer.press("Do not accept");
}

/**
 * @param {Visitor} admin
 * @param {string[]} lines
 */
export async function importVouchers(admin, lines) {
  await admin.goto("/admin/vouchers");
  const buffer = Buffer.from(`${lines.join("\n")}\n`);
  await admin.page.locator("input[type=file]").setInputFiles({ name: "codes.csv", mimeType: "text/csv", buffer });
  await admin.press("Import");
}
