import type { Terminal } from "@xterm/xterm";
import { announce } from "./announce";

/** How many lines of what is about to be pasted are shown. */
const SHOWN_LINES = 8;

/**
 * What may be pasted of a text: no control characters but tab and line breaks. The others would end the paste that the shell
 * waits for, or press keys, and so run what follows them.
 */
export function pastable(text: string): string {
  return text.replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g, "");
}

/** Copies from a terminal and pastes into it. */
export class TerminalClipboard {
  readonly #terminal: Terminal;
  readonly #dialog: HTMLDialogElement | null;

  constructor(terminal: Terminal, panel: HTMLElement) {
    this.#terminal = terminal;
    this.#dialog = panel.querySelector<HTMLDialogElement>("dialog[data-terminal-paste]");
    this.#dialog?.addEventListener("close", () => this.#terminal.focus());
    // Before the terminal's own listener, which asks nothing.
    terminal.element?.addEventListener("paste", (event) => this.#read(event), { capture: true });
  }

  /** Whether the browser lets a button read what was copied elsewhere. */
  static canRead(): boolean {
    return "clipboard" in navigator && "readText" in navigator.clipboard;
  }

  /** Copies what is selected, and selects it no longer. */
  async copy(): Promise<void> {
    const text = this.#terminal.getSelection();
    if (text === "") return announce("Nothing is selected in the terminal.");
    const isCopied = await write(text);
    this.#terminal.focus();
    if (isCopied) this.#terminal.clearSelection();
    announce(isCopied ? "Copied." : "The browser does not allow copying.");
  }

  /** Pastes what was copied, if the browser tells it. */
  async paste(): Promise<void> {
    try {
      this.#offer(await navigator.clipboard.readText());
    } catch {
      this.#terminal.focus();
      announce(`The browser does not allow this button to paste. Press ${navigator.platform.startsWith("Mac") ? "Command" : "Ctrl"} and V.`);
    }
  }

  #read(event: ClipboardEvent): void {
    event.preventDefault();
    event.stopImmediatePropagation();
    this.#offer(event.clipboardData?.getData("text/plain") ?? "");
  }

  /** Pastes `text`, but asks first when what runs in the terminal would take its lines as if each was entered. */
  #offer(copied: string): void {
    const text = pastable(copied);
    const dialog = this.#dialog;
    if (!dialog || !/[\r\n]/.test(text) || this.#terminal.modes.bracketedPasteMode) return this.#put(text);
    const lines = text.replace(/\r\n?/g, "\n").split("\n");
    const shown = dialog.querySelector("pre");
    if (shown) shown.textContent = [...lines.slice(0, SHOWN_LINES), ...(lines.length > SHOWN_LINES ? [`… ${lines.length - SHOWN_LINES} more`] : [])].join("\n");
    dialog.returnValue = "";
    dialog.addEventListener("close", () => dialog.returnValue === "paste" && this.#put(text), { once: true });
    dialog.showModal();
  }

  #put(text: string): void {
    this.#terminal.paste(text);
    this.#terminal.focus();
  }
}

async function write(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return writeBySelection(text);
  }
}

/** Browsers have a clipboard for scripts only where the site has TLS, or is on this machine. */
function writeBySelection(text: string): boolean {
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "visually-hidden";
  document.body.append(field);
  field.select();
  const isCopied = document.execCommand("copy");
  field.remove();
  return isCopied;
}
