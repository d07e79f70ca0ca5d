// Three sites with people in every state that a page can show: one just installed, one in the middle of its week, and one
// whose small module has no labs, so that it can be completed without a cluster.
import { join } from "node:path";
import { MODULE, acceptFirstEntry, arriveAs, enterCheckpoint, importVouchers, rejectFirstEntry } from "./journeys.mjs";
import { REPOSITORY, Site } from "./site.mjs";
import { Visitor } from "./visitor.mjs";

/** @typedef {import("playwright-core").Browser} Browser */

export const PEOPLE = {
  admin: { name: "Noor Haddad", email: "noor@example.org" },
  instructor: { name: "Tomás Ferreira", email: "tomas@example.org" },
  newcomer: { name: "Ines Okafor", email: "ines@example.org" },
  winner: { name: "Maja Lindqvist-Featherstonehaugh", email: "maja.lindqvist-featherstonehaugh@engineering.example.org" },
  rejected: { name: "Jun Watanabe", email: "jun@example.org" },
  waiting: { name: "Ada Byron", email: "ada@example.org" },
  graduate: { name: "Wilhelmina Featherstonehaugh-Łukasiewicz", email: "mina@example.org" },
  unverified: { name: "Rui Alves", email: "rui@example.org" },
};

export class Environment {
  /**
   * @param {Site} fresh just installed: nobody is admin yet, nobody has entered
   * @param {Site} site in the middle of its week
   * @param {Site} harbour the small module, completed by somebody
   * @param {Record<"graduate" | "harbourAdmin" | "guest" | "firstGuest" | "firstInstructor" | "admin" | "instructor" | "newcomer" | "winner" | "rejected" | "waiting", Visitor>} visitors
   */
  constructor(fresh, site, harbour, visitors) {
    this.fresh = fresh;
    this.site = site;
    this.harbour = harbour;
    this.credential = "";
    this.visitors = visitors;
    /** @type {Record<"winner" | "rejected" | "waiting", string>} */
    this.entries = { winner: "", rejected: "", waiting: "" };
    this.week = "";
    this.missed = "";
    this.claimedAdminLink = "";
    this.usedVerifyLink = "";
    this.openVerifyLink = "";
  }

  /** @param {Browser} browser */
  static async build(browser) {
    const folder = join(REPOSITORY, "tests/fixtures/harbour");
    const [fresh, site, harbour] = await Promise.all([
      Site.start(),
      Site.start(),
      Site.start({ settings: { CONTENT__FOLDER: folder } }),
    ]);
    const [guest, firstGuest, admin] = await Promise.all([
      Visitor.arrive(browser, site),
      Visitor.arrive(browser, fresh),
      Visitor.arrive(browser, site),
    ]);
    const claimedAdminLink = site.adminLink;
    await admin.becomeFirstAdmin(PEOPLE.admin);
    const environment = new Environment(fresh, site, harbour, {
      guest,
      firstGuest,
      firstInstructor: await arriveAs(browser, fresh, "instructor", PEOPLE.instructor),
      admin,
      instructor: await arriveAs(browser, site, "instructor", PEOPLE.instructor),
      newcomer: await arriveAs(browser, site, "learner", PEOPLE.newcomer),
      winner: await arriveAs(browser, site, "learner", PEOPLE.winner),
      rejected: await arriveAs(browser, site, "learner", PEOPLE.rejected),
      waiting: await Visitor.arrive(browser, site),
      graduate: await arriveAs(browser, harbour, "learner", PEOPLE.graduate),
      harbourAdmin: await arriveAs(browser, harbour, "admin", PEOPLE.admin),
    });
    environment.claimedAdminLink = claimedAdminLink;
    await environment.#signUpSomebody();
    await environment.#liveTheWeek();
    await environment.#completeTheModule();
    return environment;
  }

  /** One person with a used link, and one whose link still waits. */
  async #signUpSomebody() {
    const { waiting, guest } = this.visitors;
    await waiting.signUp(PEOPLE.waiting);
    await waiting.verify(PEOPLE.waiting.email);
    this.usedVerifyLink = await this.site.mailbox.expectLink(PEOPLE.waiting.email, /^Verify/);
    await guest.signUp(PEOPLE.unverified);
    this.openVerifyLink = await this.site.mailbox.expectLink(PEOPLE.unverified.email, /^Verify/);
  }

  async #liveTheWeek() {
    const { admin, instructor, winner, rejected, waiting } = this.visitors;
    await importVouchers(admin, ["GIFT-7QHX-22PL", "GIFT-MM4W-9TTC"]);
    await readLessons(winner, 3);
    this.entries.winner = await enterCheckpoint(winner);
    await acceptFirstEntry(instructor);
    this.entries.rejected = await enterCheckpoint(rejected);
    await rejectFirstEntry(instructor, "The fourth answer is about another question. Read the lesson on education again, and enter anew.");
    this.entries.waiting = await enterCheckpoint(waiting);
    await this.site.mailbox.expect(PEOPLE.winner.email, /voucher/i);
    await winner.goto("/prizes");
    this.week = (await winner.page.locator("main a[href^='/prizes/weeks/']").first().getAttribute("href")) ?? "";
  }

  /** One person with a credential. */
  async #completeTheModule() {
    const { graduate, harbourAdmin } = this.visitors;
    await enterCheckpoint(graduate, "watch");
    await acceptFirstEntry(harbourAdmin);
    const link = await this.harbour.mailbox.expectLink(PEOPLE.graduate.email, /completed/);
    this.credential = new URL(link).pathname;
  }

  /** Stops every site, and fails unless they end cleanly. */
  async end() {
    for (const visitor of Object.values(this.visitors)) await visitor.context.close();
    await this.fresh.stop();
    await this.site.stop();
    await this.harbour.stop();
  }
}

/**
 * Marks the first `count` lessons as read.
 * @param {Visitor} visitor
 * @param {number} count
 */
async function readLessons(visitor, count) {
  await visitor.goto(`/modules/${MODULE}`);
  const links = visitor.page.locator(".lesson-list a");
  const paths = await links.evaluateAll((all) => all.map((link) => link.getAttribute("href") ?? ""));
  for (const path of paths.slice(0, count)) {
    await visitor.goto(path);
    await visitor.press(/^I have read this/);
  }
}

