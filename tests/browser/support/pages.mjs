// Every page of the product in every state that it can be brought to without a cluster.
import { lessonThatAsks, listLessons } from "./content.mjs";
import { MODULE, SECTION, importVouchers } from "./journeys.mjs";
import { LABS } from "./pages-of-labs.mjs";
import { PASSWORD } from "./visitor.mjs";
import { PEOPLE } from "./environment.mjs";
import { answer, checkNothing, missQuestion, moveAndCheck } from "./questions.mjs";

/** @typedef {import("./environment.mjs").Environment} Environment */
/** @typedef {import("./visitor.mjs").Visitor} Visitor */
/**
 * @typedef {object} PageEntry
 * @property {string} route the address in the router's table
 * @property {string} name what the page shows, which names its pictures
 * @property {keyof Environment["visitors"]} as who looks at it
 * @property {number} [status] how it answers, when not with 200
 * @property {(environment: Environment) => string} [path] where it is, when not at its route
 * @property {"two"} [looks] two, not four: enough where the same template is looked at often
 * @property {(environment: Environment) => unknown} [before] what has to be so before it is opened
 * @property {(visitor: Visitor, environment: Environment) => Promise<void>} [then] what is done on it before it is looked at
 */

/** What answers a GET with something other than a page. */
export const NOT_PAGES = {
  "/assets/{name:.*}": "the browser's own files",
  "/media/{path:.*}": "pictures of lessons",
  "/content/revision": "the revision of the content, while it is watched",
  "/healthz": "a word for whoever watches the program",
  "/readyz": "a word for whoever sends it requests",
  "/metrics": "measurements",
  "/modules": "leads on to the only module",
  "/labs/lab.schema.json": "the schema of lab.yaml, for editors",
  "/labs/task.schema.json": "the schema of a lab's tasks, for editors",
  "/labs/{lab}/status": "a session as JSON",
  "/labs/{lab}/terminal": "a websocket",
  "/labs/{lab}/kubeconfig": "a file to save",
  "/labs/{lab}/events": "events of a session",
  "/labs/{lab}/web/{name}": "leads on to the host of a lab's web page",
  "/labs/web/{host}": "leads back to the host of a lab's web page",
  "/credentials/{id}.json": "a file to save",
  "/credentials/issuer/did.json": "the issuer's keys as JSON",
  "/credentials/status/{list}": "the revoked credentials as JSON",
};

const LESSON = "/modules/{module}/{section}/{lesson}";

/** @type {PageEntry[]} */
const ACCOUNTS = [
  { route: "/sign-up", name: "sign-up", as: "guest" },
  { route: "/sign-up", name: "sign-up-refused", as: "guest", then: (visitor) => visitor.press("Sign up") },
  { route: "/sign-up", name: "sign-up-sent", as: "guest", then: (visitor) => visitor.signUp({ name: "Ida", email: "ida@example.org" }) },
  { route: "/sign-in", name: "sign-in", as: "guest" },
  {
    route: "/sign-in",
    name: "sign-in-refused",
    as: "guest",
    then: (visitor) => visitor.signIn({ email: PEOPLE.winner.email, password: "not the password" }),
  },
  { route: "/sign-in", name: "sign-in-unverified", as: "guest", then: (visitor) => visitor.signIn(PEOPLE.unverified) },
  {
    route: "/verify/{token}",
    name: "verify",
    as: "guest",
    path: (environment) => environment.openVerifyLink,
  },
  { route: "/verify/{token}", name: "verify-elsewhere", as: "newcomer", path: (environment) => environment.openVerifyLink },
  {
    route: "/verify/{token}",
    name: "verify-elsewhere-refused",
    as: "newcomer",
    path: (environment) => environment.openVerifyLink,
    then: (visitor) => visitor.press("Verify and sign in"),
  },
  { route: "/verify/{token}", name: "verify-unknown", as: "guest", status: 422, path: () => "/verify/nowhere" },
  { route: "/verify/{token}", name: "verify-used", as: "guest", status: 422, path: (environment) => environment.usedVerifyLink },
  { route: "/recover", name: "recover", as: "guest" },
  { route: "/recover", name: "recover-sent", as: "guest", then: (visitor) => askForPassword(visitor, PEOPLE.winner.email) },
  { route: "/recover/{token}", name: "reset-unknown", as: "guest", status: 422, path: () => "/recover/nowhere" },
  {
    route: "/recover/{token}",
    name: "reset",
    as: "guest",
    path: () => "/recover",
    then: async (visitor) => {
      await askForPassword(visitor, PEOPLE.rejected.email);
      await visitor.goto(await visitor.site.mailbox.expectLink(PEOPLE.rejected.email, /password/));
    },
  },
  { route: "/first-admin/{token}", name: "first-admin", as: "firstGuest", path: (environment) => environment.fresh.adminLink },
  { route: "/first-admin/{token}", name: "first-admin-unknown", as: "firstGuest", status: 422, path: () => "/first-admin/nowhere" },
  { route: "/first-admin/{token}", name: "first-admin-used", as: "guest", status: 422, path: (environment) => environment.claimedAdminLink },
  { route: "/account", name: "account", as: "winner" },
  { route: "/account", name: "account-refused", as: "newcomer", then: (visitor) => visitor.press("Change the password") },
  { route: "/account/email/{token}", name: "change-email-unknown", as: "guest", status: 422, path: () => "/account/email/nowhere" },
  {
    route: "/account/email/{token}",
    name: "change-email",
    as: "newcomer",
    path: () => "/account",
    then: async (visitor) => {
      const address = "nora@new.example.org";
      await visitor.page.getByLabel("New email address").fill(address);
      await visitor.page.locator("#email-password").fill(PASSWORD);
      await visitor.press("Send the link");
      await visitor.goto(await visitor.site.mailbox.expectLink(address, /^Verify/));
    },
  },
  { route: "/account/close", name: "close", as: "newcomer" },
  { route: "/account/close", name: "close-refused", as: "newcomer", then: (visitor) => visitor.press("Close my account for good") },
];

/** @type {PageEntry[]} */
const LEARNING = [
  { route: "/", name: "landing", as: "guest" },
  { route: "/", name: "home-new", as: "newcomer" },
  { route: "/", name: "home", as: "winner" },
  {
    route: "/",
    name: "home-menu",
    as: "winner",
    then: (visitor) => visitor.page.locator(".account-menu summary").click(),
  },
  { route: "/modules/{module}", name: "module-signed-out", as: "guest", path: () => `/modules/${MODULE}` },
  { route: "/modules/{module}", name: "module", as: "winner", path: () => `/modules/${MODULE}` },
  { route: "/modules/{module}/glossary", name: "glossary", as: "guest", path: () => `/modules/${MODULE}/glossary` },
  { route: "/modules/{module}/print", name: "module-print", as: "guest", path: () => `/modules/${MODULE}/print`, looks: "two" },
  {
    route: LESSON,
    name: "lesson-term",
    as: "guest",
    path: () => `${SECTION}/control-planes`,
    then: async (visitor) => {
      await visitor.page.locator("a.term").first().hover();
      await visitor.page.getByRole("tooltip").waitFor();
    },
  },
  { route: "/", name: "keys", as: "newcomer", then: (visitor) => visitor.page.getByRole("button", { name: "Keyboard" }).click() },
  { route: LESSON, name: "lesson-signed-out", as: "guest", path: () => `${SECTION}/why-full-service-ownership` },
  ...listLessons().map(({ name, path }) => /** @type {PageEntry} */ ({
    route: LESSON,
    name: `lesson-${name}`,
    as: "newcomer",
    path: () => path,
    looks: "two",
  })),
  { route: LESSON, name: "lesson-unanswered", as: "newcomer", path: () => lessonThatAsks("single"), then: checkNothing },
  { route: LESSON, name: "lesson-single", as: "newcomer", path: () => lessonThatAsks("single"), then: answer("radio") },
  { route: LESSON, name: "lesson-missed", as: "newcomer", path: () => lessonThatAsks("single"), then: async (visitor) => void (await missQuestion(visitor)) },
  {
    route: LESSON,
    name: "lesson-shown",
    as: "newcomer",
    path: () => lessonThatAsks("single"),
    then: async (visitor) => {
      const question = await missQuestion(visitor);
      const button = question.getByRole("button", { name: "Show the answer" });
      if (await button.isVisible()) await button.click();
      await question.getByText("This is the answer, with the explanations.").waitFor();
    },
  },
  { route: LESSON, name: "lesson-multiple", as: "newcomer", path: () => lessonThatAsks("multiple"), then: answer("checkbox") },
  { route: LESSON, name: "lesson-order", as: "newcomer", path: () => lessonThatAsks("order"), then: moveAndCheck },
  { route: LESSON, name: "lesson-text", as: "newcomer", path: () => lessonThatAsks("text"), then: answer("textbox") },
];

/** @type {PageEntry[]} */
const PRACTICE = [
  { route: "/search", name: "search", as: "guest" },
  { route: "/search", name: "search-found", as: "newcomer", path: () => "/search?q=anotations+owner" },
  { route: "/search", name: "search-nothing", as: "guest", looks: "two", path: () => "/search?q=submarine" },
  { route: "/practice", name: "practice-none", as: "rejected" },
  { route: "/practice", name: "practice", as: "newcomer", before: missQuestions },
  { route: "/practice/{module}/{question}", name: "practice-card", as: "newcomer", path: (environment) => environment.missed, before: missQuestions },
];

/** @type {PageEntry[]} */
const PRIZES = [
  { route: "/checkpoints/{module}", name: "checkpoint", as: "newcomer", path: () => `/checkpoints/${MODULE}` },
  {
    route: "/checkpoints/{module}",
    name: "checkpoint-refused",
    as: "newcomer",
    path: () => `/checkpoints/${MODULE}`,
    then: (visitor) => visitor.press("Send the entry"),
  },
  { route: "/checkpoints/{module}", name: "checkpoint-staff", as: "instructor", path: () => `/checkpoints/${MODULE}` },
  { route: "/checkpoints/{module}", name: "checkpoint-entered", as: "waiting", path: () => `/checkpoints/${MODULE}` },
  { route: "/entries", name: "entries-none", as: "newcomer" },
  { route: "/entries", name: "entries", as: "winner" },
  { route: "/entries/{id}", name: "entry-won", as: "winner", path: (environment) => environment.entries.winner },
  { route: "/entries/{id}", name: "entry-rejected", as: "rejected", path: (environment) => environment.entries.rejected },
  { route: "/entries/{id}", name: "entry-waiting", as: "waiting", path: (environment) => environment.entries.waiting },
  { route: "/entries/{id}/withdraw", name: "entry-withdraw", as: "waiting", path: (environment) => `${environment.entries.waiting}/withdraw` },
  { route: "/entries/{id}/eligibility", name: "eligibility", as: "winner", path: (environment) => `${environment.entries.winner}/eligibility` },
  {
    route: "/entries/{id}/eligibility",
    name: "eligibility-rejected",
    as: "rejected",
    path: (environment) => `${environment.entries.rejected}/eligibility`,
  },
  { route: "/prizes", name: "prizes", as: "guest" },
  { route: "/prizes", name: "prizes-no-week", as: "firstGuest" },
  { route: "/prizes/weeks/{week}", name: "week", as: "guest", path: (environment) => environment.week },
  { route: "/review", name: "review", as: "instructor" },
  { route: "/review/postmortems", name: "postmortems-empty", as: "instructor" },
  { route: "/review/postmortems/{game}", name: "review-postmortem-unknown", as: "instructor", status: 404, path: () => "/review/postmortems/none" },
  { route: "/review", name: "review-empty", as: "firstInstructor" },
  { route: "/review/{entry}", name: "review-entry", as: "instructor", path: reviewOf("waiting") },
  {
    route: "/review/{entry}",
    name: "review-claimed",
    as: "instructor",
    path: reviewOf("waiting"),
    then: (visitor) => visitor.press(/^Take this entry/),
  },
  { route: "/review/{entry}", name: "review-taken", as: "admin", path: reviewOf("waiting") },
  { route: "/review/{entry}", name: "review-decided", as: "instructor", path: reviewOf("winner") },
  { route: "/admin/vouchers", name: "vouchers", as: "admin" },
  {
    route: "/admin/vouchers",
    name: "vouchers-imported",
    as: "admin",
    then: (visitor) => importVouchers(visitor, ["GIFT-7QHX-22PL", "", "GIFT-AAAA-0001", "GIFT-AAAA-0001"]),
  },
  { route: "/admin/vouchers", name: "vouchers-refused", as: "admin", then: (visitor) => visitor.press("Import") },
];

/** @type {PageEntry[]} */
const ADMIN = [
  { route: "/admin", name: "admin", as: "admin" },
  { route: "/admin/people", name: "people", as: "admin" },
  {
    route: "/admin/people/{id}",
    name: "person",
    as: "admin",
    path: () => "/admin/people",
    then: async (visitor) => {
      await visitor.page.getByRole("link", { name: PEOPLE.winner.name, exact: true }).click();
      await visitor.expectHeading(PEOPLE.winner.name);
    },
  },
  {
    route: "/admin/people/{id}/role",
    name: "person-role",
    as: "admin",
    path: () => `/admin/people?search=${encodeURIComponent(PEOPLE.winner.email)}`,
    then: async (visitor) => {
      await visitor.page.getByLabel(`Role of ${PEOPLE.winner.name}`).selectOption("instructor");
      await visitor.page.getByRole("button", { name: `Change the role of ${PEOPLE.winner.name}` }).click();
      await visitor.page.getByRole("dialog").getByRole("heading", { name: `Make ${PEOPLE.winner.name} an instructor?` }).waitFor();
    },
  },
  { route: "/admin/jobs/{id}/discard", name: "job-discard-unknown", as: "admin", status: 404, path: () => "/admin/jobs/none/discard" },
  { route: "/admin/people", name: "people-none", as: "admin", path: () => "/admin/people?search=nobody" },
  { route: "/admin/jobs", name: "jobs", as: "admin" },
  { route: "/admin/audit", name: "audit", as: "admin" },
  { route: "/admin/audit", name: "audit-verified", as: "admin", path: () => "/admin/audit?check=now" },
];

/** @type {PageEntry[]} */
const CREDENTIALS = [
  { route: "/credentials", name: "credentials-none", as: "newcomer" },
  { route: "/credentials", name: "credentials", as: "graduate" },
  { route: "/credentials/{id}", name: "credential", as: "graduate", path: (environment) => environment.credential },
  { route: "/credentials/issuer", name: "issuer", as: "graduate" },
  { route: "/credentials/issuer", name: "issuer-no-key", as: "guest" },
  { route: "/credentials/verify", name: "verify-credential", as: "guest" },
  { route: "/credentials/verify", name: "verify-credential-refused", as: "guest", then: (visitor) => visitor.press("Check it") },
  { route: "/credentials/verify", name: "verify-credential-holds", as: "graduate", then: (visitor, environment) => checkCredential(visitor, environment) },
  {
    route: "/credentials/verify",
    name: "verify-credential-forged",
    as: "graduate",
    then: (visitor, environment) => checkCredential(visitor, environment, "Mina the Great"),
  },
  { route: "/admin/credentials", name: "admin-credentials-none", as: "admin" },
  { route: "/admin/credentials", name: "admin-credentials", as: "harbourAdmin" },
  { route: "/admin/credentials", name: "admin-credentials-refused", as: "harbourAdmin", then: (visitor) => visitor.press(/^Revoke/) },
  { route: "/admin/credentials", name: "admin-credentials-revoked", as: "harbourAdmin", then: revokeFirstCredential },
  { route: "/credentials/{id}", name: "credential-revoked", as: "graduate", path: (environment) => environment.credential },
  { route: "/credentials", name: "credentials-revoked", as: "graduate" },
];

/** @type {PageEntry[]} */
const PROBLEMS = [
  { route: "", name: "problem-not-found", as: "guest", path: () => "/nowhere", status: 404 },
  { route: "", name: "problem-forbidden", as: "newcomer", path: () => "/review", status: 403 },
  { route: "", name: "preserved-form-sign-in", as: "waiting", path: () => "/account", then: (visitor) => sendSignedOut(visitor) },
  {
    route: "",
    name: "preserved-form-send",
    as: "waiting",
    path: () => "/account",
    then: (visitor) =>
      sendSignedOut(visitor, async () => {
        await visitor.page.getByLabel("Email address").fill(PEOPLE.waiting.email);
        await visitor.page.getByLabel("Password").fill(PASSWORD);
        await visitor.press("Sign in");
      }),
  },
];

export const PAGES = [...ACCOUNTS, ...LEARNING, ...PRACTICE, ...LABS, ...PRIZES, ...ADMIN, ...CREDENTIALS, ...PROBLEMS];

/**
 * Answers a question wrong, so that it will come back.
 * @param {Environment} environment
 */
async function missQuestions(environment) {
  const visitor = environment.visitors.newcomer;
  await visitor.goto(lessonThatAsks("single"));
  const question = await missQuestion(visitor);
  const id = (await question.getAttribute("id")) ?? "";
  environment.missed = `/practice/${MODULE}/${id.replace("question-", "")}`;
}

/**
 * @param {Visitor} visitor
 * @param {string} email
 */
async function askForPassword(visitor, email) {
  await visitor.goto("/recover");
  await visitor.page.getByLabel("Email address").fill(email);
  await visitor.press("Send the link");
}

/**
 * Sends a form after the session has ended, does something on the page that comes, and is signed in again behind it.
 * @param {Visitor} visitor
 * @param {() => Promise<void>} then
 */
async function sendSignedOut(visitor, then = () => Promise.resolve()) {
  const cookies = await visitor.context.cookies();
  await visitor.page.getByLabel("The name you go by").fill("Somebody with a much longer name than before, of the harbour office by the old lighthouse");
  await visitor.context.clearCookies({ name: "session" });
  await visitor.press("Change the name");
  await then();
  await visitor.context.addCookies(cookies);
}

/**
 * Pastes the graduate's file, with another name on it if one is given, and checks it.
 * @param {Visitor} visitor
 * @param {Environment} environment
 * @param {string} name
 */
async function checkCredential(visitor, environment, name = PEOPLE.graduate.name) {
  const answer = await visitor.context.request.get(`${environment.credential}.json`);
  await visitor.page.getByLabel("Or its text").fill((await answer.text()).replace(PEOPLE.graduate.name, name));
  await visitor.press("Check it");
}

/** @param {Visitor} visitor */
async function revokeFirstCredential(visitor) {
  await visitor.page.getByLabel(/^Reason to revoke/).first().fill("It was issued for an entry that somebody else had written.");
  await visitor.press(/^Revoke/);
}

/** @param {"winner" | "waiting"} who */
function reviewOf(who) {
  return (/** @type {Environment} */ environment) => environment.entries[who].replace("/entries/", "/review/");
}
