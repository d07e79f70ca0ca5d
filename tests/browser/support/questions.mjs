// Answering the questions of a lesson, right and wrong.
import assert from "node:assert/strict";

/** @typedef {import("./visitor.mjs").Visitor} Visitor */

/**
 * Checks a question without an answer, which the browser's console tells of as well.
 * @param {Visitor} visitor
 */
export async function checkNothing(visitor) {
  await checkAnswer(visitor);
  assert.deepEqual(visitor.takeProblems().filter((problem) => !problem.includes("422 (Unprocessable Entity)")), []);
}

/**
 * Answers the first question of a kind.
 * @param {"radio" | "checkbox" | "textbox"} role
 */
export function answer(role) {
  return async (/** @type {Visitor} */ visitor) => {
    const question = visitor.page.locator(".question").filter({ has: visitor.page.getByRole(role) }).first();
    if (role === "textbox") await question.getByRole(role).fill("It lets a person find whom to call.");
    else await question.locator(".choice label").last().click();
    await checkAnswer(visitor, question);
  };
}

/**
 * Answers the first question of the page that has one right choice wrong.
 * @param {Visitor} visitor
 */
export async function missQuestion(visitor) {
  const question = visitor.page.locator(".question").filter({ has: visitor.page.getByRole("radio") }).first();
  for (const label of await question.locator(".choice label").all()) {
    await label.click();
    await checkAnswer(visitor, question);
    if (await question.locator(".choice-wrong").count()) break;
  }
  return question;
}

/**
 * Moves the first line of the first order down, and sends it.
 * @param {Visitor} visitor
 */
export async function moveAndCheck(visitor) {
  const question = visitor.page.locator(".question").filter({ has: visitor.page.locator(".order") }).first();
  await question.getByRole("button", { name: /^Move down/ }).first().click();
  await checkAnswer(visitor, question);
}

/**
 * @param {Visitor} visitor
 * @param {import("playwright-core").Locator} question
 */
async function checkAnswer(visitor, question = visitor.page.locator(".question").first()) {
  await question.getByRole("button", { name: /^(Check your answer|Try again|Answer again)$/ }).click();
  await question.locator(".judgement:focus, .error:focus").waitFor();
  await visitor.page.waitForLoadState();
}
