// A whole game in a real browser on a real cluster: a runbook, a fault at an unknown moment, the log, a mitigation that the
// requests of the platform measure, the postmortem, and its review.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { inspectEverywhere } from "./support/inspection.mjs";
import { GAME_LAB, arriveAs, stopLab } from "./support/journeys.mjs";
import { LONG_WORD, findSidewaysScroll } from "./support/long-words.mjs";
import { Site } from "./support/site.mjs";
import { browser, end, testWithEvidence } from "./support/suite.mjs";
import { Terminal } from "./support/terminal.mjs";

const RUNBOOK = "## Symptoms\n- requests get a 5xx\n\n## Where to look\n`kubectl get pods`\n\n## Mitigation\n1. `kubectl rollout undo deployment qotm`\n2. scale\n\n## Escalation\nOwner: Ada Byron\n";
/** Puts the system right whatever the fault was. */
const REPAIR =
  "for d in qotm store; do kubectl rollout undo deploy $d --to-revision 1; done; kubectl scale deploy qotm --replicas 1; kubectl patch svc qotm -p '{\"spec\":{\"selector\":{\"app.kubernetes.io/name\":\"qotm\"}}}'; echo repai''red";
const GONE = "The log and the graph";
const WITHIN_MS = 180_000;

/** @type {Site} */
let site;
/** @type {import("./support/visitor.mjs").Visitor} */
let ada;
/** @type {import("./support/visitor.mjs").Visitor} */
let ina;
let game = "";

before(async () => {
  site = await Site.start({ cluster: true, settings: { GAMES__EARLIEST_SECONDS: "30", GAMES__LATEST_SECONDS: "40" } });
  ada = await arriveAs(browser, site, "learner", { name: "Ada Byron", email: "ada@example.org" });
  ina = await arriveAs(browser, site, "instructor", { name: "Ina Berg", email: "ina@example.org" });
});

after(() =>
  end(async () => {
    await ada?.goto(GAME_LAB);
    if (ada) await stopLab(ada);
    await site?.stop();
  }),
);

/**
 * Reloads until something is shown.
 * @param {import("playwright-core").Locator} locator
 */
async function eventually(locator) {
  const until = Date.now() + WITHIN_MS;
  while (!(await locator.isVisible())) {
    if (Date.now() > until) assert.fail(`it is never shown: ${await ada.page.locator("main").innerText()}`);
    await new Promise((done) => setTimeout(done, 1000));
    await ada.page.reload();
  }
}

testWithEvidence("a runbook is saved while it is typed", () => [ada], async () => {
  await ada.goto(`${GAME_LAB}/runbook`);
  await ada.page.getByLabel("The text, in Markdown").fill(RUNBOOK);
  await ada.page.getByText("Saved just now").waitFor();
  await ada.page.reload();
  assert.equal(await ada.page.getByLabel("The text, in Markdown").inputValue(), RUNBOOK);
  await ada.page.getByText("It has all that its structure needs").waitFor();
  ada.expectNoProblem();
});

testWithEvidence("a fault comes, is detected, mitigated and measured", () => [ada], async () => {
  await ada.goto(GAME_LAB);
  await ada.press("Start the lab");
  await ada.page.locator("#tasks[data-events]").waitFor({ timeout: 240_000 });
  const terminal = new Terminal(ada.page);
  await terminal.expectConnected();
  const mapping = "HOST=$(kubectl get cm ingress -o jsonpath={.data.host}); kubectl create -f - <<<\"{\\\"apiVersion\\\":\\\"getambassador.io/v3alpha1\\\",\\\"kind\\\":\\\"Mapping\\\",\\\"metadata\\\":{\\\"name\\\":\\\"qotm\\\"},\\\"spec\\\":{\\\"hostname\\\":\\\"$HOST\\\",\\\"prefix\\\":\\\"/qotm/\\\",\\\"service\\\":\\\"qotm\\\"}}\"";
  await terminal.run(mapping, /mapping\S* created/);
  await ada.goto(`${GAME_LAB}/games`);
  assert.deepEqual(await inspectEverywhere(ada, "games", { reload: true }), []);
  await ada.press("Begin a game");
  game = new URL(ada.page.url()).pathname;
  await ada.page.getByLabel("What happens").fill("Half an entry");
  await ada.page.reload();
  assert.equal(await ada.page.getByLabel("What happens").inputValue(), "Half an entry", "what is typed is kept");
  assert.deepEqual(await inspectEverywhere(ada, "game-live", { reload: true }), []);
  // Ada watches what people see, as her runbook says.
  await ada.goto(GAME_LAB);
  await terminal.expectConnected();
  const watch = 'clear; until [ "$(curl -s -m 5 -o /dev/null -w %{http_code} -H "Host: $(kubectl get cm ingress -o jsonpath={.data.host})" emissary-ingress.emissary/qotm/)" != 200 ]; do sleep 1; done; echo fai\'\'ls';
  await terminal.run(watch, /^fails$/m);
  await ada.goto(game);
  await ada.page.keyboard.press("Alt+Digit1");
  await ada.page.getByText("In the log: detected.").waitFor();
  await ada.goto(GAME_LAB);
  await terminal.expectConnected();
  await terminal.run(REPAIR, /^repaired$/m);
  await ada.goto(game);
  await eventually(ada.page.getByRole("heading", { name: "What was measured" }));
  const measured = await ada.page.locator("main").innerText();
  assert.match(measured, /Time to detect\s+\d+ s/);
  assert.match(measured, /Time to mitigate\s+(\d+ min )?\d+ s|Time to mitigate\s+\d+ min/);
  assert.deepEqual(await inspectEverywhere(ada, "game-over", { reload: true }), []);
  ada.takeProblems();
});

testWithEvidence("the postmortem is reviewed and the tasks are passed", () => [ada, ina], async () => {
  await ada.page.getByRole("link", { name: "Write the postmortem" }).click();
  const text = ada.page.getByLabel("The text, in Markdown");
  await text.waitFor();
  await ada.press("Submit for review");
  await ada.page.getByText("It is saved, and not submitted").waitFor();
  assert.deepEqual(await inspectEverywhere(ada, "postmortem-refused", { reload: false }), []);
  const begun = await text.inputValue();
  const lines = begun.split("\n").map((line) => (/^(Two or three|What )/.test(line) ? `${GONE} ${LONG_WORD}` : line));
  await text.fill(lines.join("\n").replace(/^\|( +\|)+$/m, "| Alert on errors | Ada | 2030-01-31 |"));
  await ada.press("Submit for review");
  await ada.page.getByText("Postmortem waits for review").waitFor();
  await ina.goto("/review/postmortems");
  await ina.page.getByRole("link", { name: /^Ada Byron/ }).click();
  await ina.page.getByText(GONE).first().waitFor();
  assert.deepEqual([...(await findSidewaysScroll(ada)), ...(await findSidewaysScroll(ina))], []);
  assert.deepEqual(await inspectEverywhere(ina, "postmortem-review", { reload: true }), []);
  await ina.press("Accept");
  await ada.goto(GAME_LAB);
  for (const task of ["system", "runbook", "detect", "mitigate", "recover", "postmortem"]) {
    await ada.page.locator(`#task-${task}[data-verdict="pass"]`).waitFor({ timeout: 120_000 });
  }
});
