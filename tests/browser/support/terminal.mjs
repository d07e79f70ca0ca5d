// The terminal in the page, used as a person uses it: by looking at it and typing.
import assert from "node:assert/strict";

const ANSWERS_WITHIN_MS = 180_000;

export class Terminal {
  /** @param {import("playwright-core").Page} page */
  constructor(page) {
    this.page = page;
    this.rows = page.locator("#terminal .xterm-rows");
  }

  /** Waits until the shell can be typed into. */
  async expectConnected() {
    await this.page.locator("#terminal-status").filter({ hasText: "Connected" }).waitFor({ timeout: ANSWERS_WITHIN_MS });
    await this.expect(/[$#]\s*$/);
  }

  /** What stands on the screen, with lines that were broken at its edge put together. */
  async read() {
    const lines = await this.rows.locator("> div").allInnerTexts();
    return lines.map((line) => line.replaceAll("\u00a0", " ").trimEnd()).join("\n").trimEnd();
  }

  /** @param {RegExp} pattern */
  async expect(pattern) {
    const until = Date.now() + ANSWERS_WITHIN_MS;
    for (;;) {
      const text = await this.read();
      if (pattern.test(text)) return text;
      if (Date.now() > until) assert.fail(`the terminal does not show ${pattern}:\n${text}`);
      await new Promise((done) => setTimeout(done, 100));
    }
  }

  /**
   * Types a command and waits for what it prints.
   * @param {string} command
   * @param {RegExp} answer
   */
  async run(command, answer) {
    await this.page.locator("#terminal .xterm-screen").click();
    await this.page.keyboard.type(command);
    await this.page.keyboard.press("Enter");
    return this.expect(answer);
  }
}
