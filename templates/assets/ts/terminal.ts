import { FitAddon } from "@xterm/addon-fit";
import { Terminal } from "@xterm/xterm";
import { type LabCommand, type Outcome, openLabChannel, readMessage } from "./lab-channel";
import { readPreference, writePreference } from "./preferences";
import { TerminalClipboard, pastable } from "./terminal-clipboard";
import { TerminalKeys } from "./terminal-keys";
import { Link } from "./terminal-link";
import { allowStyles } from "./terminal-styles";
import { themeOf } from "./terminal-theme";
import { FullScreen, changeFontSize, followView, readFontSize } from "./terminal-view";

allowStyles();

/** What a terminal answers by itself to a program's question, or says when it gains or loses the focus. */
const OWN_ANSWER = /^\x1b(?:\[(?:[IO]|[?>]?[\d;]*[cnRu])|\]|P)/;
/** For how long one page of several keeps a command to itself, in milliseconds. */
const CLAIM_MS = 1000;
const READER_KEY = "terminal-reader";
const LABEL = "Terminal. Shift and Tab leave it backwards; Ctrl, Shift and Arrow Down, or Escape and then Tab, leave it forwards.";

/** One terminal on the page, tied to the element that says where it connects. */
class Panel {
  readonly #element: HTMLElement;
  readonly #panel: HTMLElement;
  readonly #terminal: Terminal;
  readonly #fit = new FitAddon();
  readonly #link: Link;
  readonly #clipboard: TerminalClipboard;
  readonly #fullScreen: FullScreen;
  readonly #sizes: ResizeObserver;
  readonly #colours: () => void;
  readonly #unfollow: () => void;
  /** The command that was typed for the person, as long as nothing was typed after it. */
  #standing: string | undefined;
  #isPasting = false;

  constructor(element: HTMLElement) {
    this.#element = element;
    this.#panel = element.closest("section") ?? document.body;
    this.#terminal = new Terminal({
      fontFamily: getComputedStyle(element).getPropertyValue("--font-mono"),
      fontSize: readFontSize(),
      lineHeight: 1.15,
      cursorBlink: !matchMedia("(prefers-reduced-motion: reduce)").matches,
      scrollback: 5000,
      minimumContrastRatio: 4.5,
      screenReaderMode: readPreference(READER_KEY) === "yes",
      theme: themeOf(element),
    });
    this.#terminal.loadAddon(this.#fit);
    this.#terminal.open(element);
    this.#terminal.textarea?.setAttribute("aria-label", LABEL);
    this.#clipboard = new TerminalClipboard(this.#terminal, this.#panel);
    this.#fullScreen = new FullScreen(this.#panel);
    this.#unfollow = followView(this.#panel);
    this.#fit.fit();
    const place = { path: element.dataset["terminal"] ?? "", origin: element.dataset["origin"] ?? location.origin };
    this.#link = new Link(place, this.#terminal, (text, tone) => this.#say(text, tone));
    const keys = new TerminalKeys(this.#terminal, {
      leave: () => this.#leave(),
      toggleFullScreen: () => this.#fullScreen.toggle(),
      copy: () => void this.#clipboard.copy(),
    });
    this.#terminal.onData((text) => {
      this.#link.send(OWN_ANSWER.test(text) ? text : keys.translate(text));
      if (this.#isPasting || this.#standing === undefined || OWN_ANSWER.test(text)) return;
      this.#standing = undefined;
      if (this.lab) channel?.postMessage({ kind: "moved", lab: this.lab });
    });
    this.#sizes = new ResizeObserver(() => this.#fit.fit());
    this.#sizes.observe(element);
    this.#colours = () => (this.#terminal.options.theme = themeOf(element));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", this.#colours);
    this.#tieControls(keys);
  }

  /** Types `text` as if it was pasted, unless a command stands there that was; leaves it to the person to run it. */
  offer(command: string): Outcome {
    const text = pastable(command);
    const standing = this.#standing;
    // It takes the keys, so it is to be seen.
    document.dispatchEvent(new CustomEvent("lab-part", { detail: "terminal" }));
    if (standing === undefined && text.includes("\n") && !this.#terminal.modes.bracketedPasteMode) return "unsafe";
    if (standing === undefined) {
      this.#isPasting = true;
      this.#terminal.paste(text);
      this.#isPasting = false;
      this.#standing = text;
    }
    this.#terminal.focus();
    if (standing === undefined) return "typed";
    return standing === text ? "standing" : "occupied";
  }

  /** Takes note of what another page has done with the same shell. */
  follow(standing: string | undefined): void {
    this.#standing = standing;
  }

  /** The lab whose shell it is, while typing reaches it. */
  get lab(): string | undefined {
    const isOpen = document.getElementById("terminal-status")?.dataset["tone"] === "good";
    return isOpen ? this.#element.dataset["terminal"]?.split("/")[2] : undefined;
  }

  close(): void {
    this.#sizes.disconnect();
    this.#fullScreen.leave();
    this.#unfollow();
    matchMedia("(prefers-color-scheme: dark)").removeEventListener("change", this.#colours);
    this.#link.close();
    this.#terminal.dispose();
  }

  isGone(): boolean {
    return !this.#element.isConnected;
  }

  /** Goes on to what follows the terminal. */
  #leave(): void {
    this.#fullScreen.leave();
    document.getElementById("terminal-end")?.focus();
  }

  #tieControls(keys: TerminalKeys): void {
    const reader = this.#panel.querySelector<HTMLInputElement>("input[data-terminal-reader]");
    if (reader) {
      reader.checked = this.#terminal.options.screenReaderMode ?? false;
      reader.addEventListener("change", () => {
        this.#terminal.options.screenReaderMode = reader.checked;
        writePreference(READER_KEY, reader.checked ? "yes" : "no");
      });
    }
    const row = this.#panel.querySelector<HTMLElement>(".terminal-keys");
    if (row) keys.tie(row);
    const paste = this.#panel.querySelector<HTMLElement>("[data-terminal-action=paste]");
    if (paste) paste.hidden = !TerminalClipboard.canRead();
    this.#panel.addEventListener("click", (event) => {
      const button = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-terminal-action]") : null;
      if (button) this.#act(button.dataset["terminalAction"] ?? "");
    });
  }

  #act(action: string): void {
    const size = this.#terminal.options.fontSize ?? readFontSize();
    if (action === "copy") void this.#clipboard.copy();
    if (action === "paste") void this.#clipboard.paste();
    if (action === "full") this.#fullScreen.toggle();
    if (action !== "smaller" && action !== "larger") return;
    this.#terminal.options.fontSize = changeFontSize(size, action === "smaller" ? -1 : 1);
    this.#fit.fit();
  }

  #say(text: string, tone: string): void {
    const status = document.getElementById("terminal-status");
    if (!status) return;
    status.textContent = text;
    status.dataset["tone"] = tone;
    if (this.lab) channel?.postMessage({ kind: "ready", lab: this.lab });
  }
}

const channel = openLabChannel();
let panel: Panel | undefined;

// Commands that another page has for this shell, and what a second page of the same lab did with them.
channel?.addEventListener("message", (event) => {
  const message = readMessage(event);
  if (!message || !panel || message.lab !== panel.lab) return;
  if (message.kind === "moved") panel.follow(undefined);
  if (message.kind === "answer" && message.outcome === "typed") panel.follow(message.command);
  if (message.kind !== "command") return;
  const { lab, id, command } = message;
  claim(id, () => {
    if (panel) channel.postMessage({ kind: "answer", lab, outcome: panel.offer(command), command });
  });
});

/** Does it in one of the pages that hear of the same command; where the browser cannot choose one, in each. */
function claim(id: string, act: () => void): void {
  // Browsers have locks only where the site has TLS, or is on this machine.
  const locks = (navigator as { locks?: LockManager }).locks;
  if (!locks) return act();
  void locks.request(`lab-command-${id}`, { ifAvailable: true }, async (lock) => {
    if (!lock) return;
    act();
    await new Promise((resolve) => setTimeout(resolve, CLAIM_MS));
  });
}

function mount(): void {
  if (panel?.isGone()) {
    panel.close();
    panel = undefined;
  }
  const element = document.querySelector<HTMLElement>("[data-terminal]");
  // Not before the font is there: the size of a cell is measured once, with the face then at hand.
  if (element && !panel) panel = new Panel(element);
}

document.addEventListener("lab-command", (event) => {
  const lab = panel?.lab;
  if (!panel || !lab) return;
  const detail = (event as CustomEvent<LabCommand>).detail;
  detail.outcome = panel.offer(detail.command);
  channel?.postMessage({ kind: "answer", lab, outcome: detail.outcome, command: detail.command });
});
document.addEventListener("live", mount);
void document.fonts.load('13px "JetBrains Mono"').finally(mount);
