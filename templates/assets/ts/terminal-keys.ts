import type { Terminal } from "@xterm/xterm";

/** How soon Tab follows Escape where it leaves the terminal, in milliseconds. */
const LEAVE_WITHIN_MS = 1500;
/** What a cursor key types, in the two modes that a program can choose. */
const ARROWS: Record<string, string> = { up: "A", down: "B", right: "C", left: "D" };
const NAMED: Record<string, string> = { escape: "\x1b", tab: "\t", interrupt: "\x03" };

/**
 * What ends an Escape that the shell has got, where Tab then left the terminal: bash would take the next letter with it, and
 * after this it does not, with its line as it was.
 */
const END_OF_ESCAPE = "\x07";

/** What keys do that the shell does not get. */
export interface PageKeys {
  /** Moves the focus to what follows the terminal. */
  leave(): void;
  /** Gives the terminal the whole window, or the page back. */
  toggleFullScreen(): void;
  /** Copies what is selected. */
  copy(): void;
}

/** The keys that belong to the page instead of the shell, and the row of keys for screens without a keyboard. */
export class TerminalKeys {
  readonly #terminal: Terminal;
  readonly #page: PageKeys;
  readonly #isMac = /^(Mac|iPhone|iPad)/.test(navigator.platform);
  #escapedAt: number | undefined;
  #control: HTMLElement | null = null;

  constructor(terminal: Terminal, page: PageKeys) {
    this.#terminal = terminal;
    this.#page = page;
    terminal.attachCustomKeyEventHandler((event) => event.type !== "keydown" || this.#isForShell(event));
  }

  /** Lets the buttons below `row` type their keys, without taking the focus from the terminal. */
  tie(row: HTMLElement): void {
    this.#control = row.querySelector<HTMLElement>("[data-key=control]");
    // On a screen that is touched, a terminal without the focus has no keyboard.
    row.addEventListener("mousedown", (event) => event.preventDefault());
    row.addEventListener("click", (event) => {
      const key = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-key]")?.dataset["key"] : undefined;
      if (key === "control") this.#hold(!this.#isHeld);
      else if (key !== undefined) this.#terminal.input(this.#typed(key));
    });
  }

  /** What the shell gets of what was typed: with Ctrl held in the row of keys, the letter with it. */
  translate(text: string): string {
    if (!this.#isHeld) return text;
    const typed = withControl(text);
    if (typed === undefined) return text;
    this.#hold(false);
    return typed;
  }

  get #isHeld(): boolean {
    return this.#control?.getAttribute("aria-pressed") === "true";
  }

  #hold(isHeld: boolean): void {
    this.#control?.setAttribute("aria-pressed", String(isHeld));
  }

  #typed(key: string): string {
    const arrow = ARROWS[key];
    if (arrow) return `\x1b${this.#terminal.modes.applicationCursorKeysMode ? "O" : "["}${arrow}`;
    return NAMED[key] ?? key;
  }

  #isForShell(event: KeyboardEvent): boolean {
    const escapedAt = this.#escapedAt;
    if (!["Control", "Shift", "Alt", "Meta"].includes(event.key)) this.#escapedAt = undefined;
    const [isPlain, isControl] = [!event.ctrlKey && !event.altKey && !event.metaKey, event.ctrlKey && !event.altKey && !event.metaKey];
    if (event.key === "Escape" && isPlain && !event.shiftKey) this.#escapedAt = event.timeStamp;
    if (event.key === "Tab" && isPlain && !event.shiftKey && escapedAt !== undefined && event.timeStamp - escapedAt < LEAVE_WITHIN_MS) {
      return this.#take(event, () => {
        this.#terminal.input(END_OF_ESCAPE);
        this.#page.leave();
      });
    }
    if (event.key === "Tab" && event.shiftKey && isPlain) return false;
    if (!isControl) return true;
    return this.#isForShellWithControl(event);
  }

  #isForShellWithControl(event: KeyboardEvent): boolean {
    const key = event.key.toLowerCase();
    if (event.shiftKey && key === "arrowdown") return this.#take(event, () => this.#page.leave());
    if (event.shiftKey && key === "enter") return this.#take(event, () => this.#page.toggleFullScreen());
    if (event.shiftKey && key === "c") return this.#take(event, () => this.#page.copy());
    // On a Mac these are the shell's, and the Command key copies and pastes.
    if (this.#isMac) return true;
    if (key === "c" && this.#terminal.hasSelection()) return this.#take(event, () => this.#page.copy());
    // Left to the browser, which pastes.
    return key !== "v";
  }

  #take(event: KeyboardEvent, act: () => void): false {
    event.preventDefault();
    act();
    return false;
  }
}

/** A single letter, or a cursor key, with Ctrl; nothing for what has no such form. */
function withControl(text: string): string | undefined {
  const arrow = /^\x1b[[O]([A-D])$/.exec(text)?.[1];
  if (arrow) return `\x1b[1;5${arrow}`;
  if (text.length !== 1) return undefined;
  const code = text.toUpperCase().charCodeAt(0);
  if (code >= 0x40 && code <= 0x5f) return String.fromCharCode(code & 0x1f);
  return { " ": "\0", "/": "\x1f", "-": "\x1f", "?": "\x7f" }[text];
}
