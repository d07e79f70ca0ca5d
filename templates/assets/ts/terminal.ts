import { FitAddon } from "@xterm/addon-fit";
import { Terminal } from "@xterm/xterm";
import { type LabCommand, type Outcome, openLabChannel, readMessage } from "./lab-channel";
import { Link } from "./terminal-link";
import { allowStyles } from "./terminal-styles";
import { themeOf } from "./terminal-theme";

allowStyles();

/** What a terminal answers by itself to a program's question, or says when it gains or loses the focus. */
const OWN_ANSWER = /^\x1b(?:\[(?:[IO]|[?>]?[\d;]*[cnRu])|\]|P)/;
/** For how long one page of several keeps a command to itself, in milliseconds. */
const CLAIM_MS = 1000;

/** One terminal on the page, tied to the element that says where it connects. */
class Panel {
  readonly #element: HTMLElement;
  readonly #terminal: Terminal;
  readonly #link: Link;
  readonly #sizes: ResizeObserver;
  readonly #colours: () => void;
  /** The command that was typed for the person, as long as nothing was typed after it. */
  #standing: string | undefined;
  #isPasting = false;

  constructor(element: HTMLElement) {
    this.#element = element;
    this.#terminal = new Terminal({
      fontFamily: getComputedStyle(element).getPropertyValue("--font-mono"),
      fontSize: 13,
      lineHeight: 1.15,
      cursorBlink: !matchMedia("(prefers-reduced-motion: reduce)").matches,
      scrollback: 5000,
      minimumContrastRatio: 4.5,
      screenReaderMode: localStorage.getItem("terminal-reader") === "yes",
      theme: themeOf(element),
    });
    const fit = new FitAddon();
    this.#terminal.loadAddon(fit);
    this.#terminal.open(element);
    this.#terminal.textarea?.setAttribute("aria-label", "Terminal. Shift and Tab leaves it.");
    fit.fit();
    const place = { path: element.dataset["terminal"] ?? "", origin: element.dataset["origin"] ?? location.origin };
    this.#link = new Link(place, this.#terminal, (text, tone) => this.#say(text, tone));
    this.#terminal.onData((text) => {
      if (this.#isPasting || this.#standing === undefined || OWN_ANSWER.test(text)) return;
      this.#standing = undefined;
      if (this.lab) channel?.postMessage({ kind: "moved", lab: this.lab });
    });
    this.#terminal.attachCustomKeyEventHandler((event) => !(event.key === "Tab" && event.shiftKey));
    this.#sizes = new ResizeObserver(() => fit.fit());
    this.#sizes.observe(element);
    this.#colours = () => (this.#terminal.options.theme = themeOf(element));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", this.#colours);
    this.#tieControls();
  }

  /** Types `text` into the shell and gives it the focus. */
  send(text: string): void {
    this.#link.send(text);
    this.#terminal.focus();
  }

  /** Types `text` as if it was pasted, unless a command stands there that was; leaves it to the person to run it. */
  offer(text: string): Outcome {
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
    matchMedia("(prefers-color-scheme: dark)").removeEventListener("change", this.#colours);
    this.#link.close();
    this.#terminal.dispose();
  }

  isGone(): boolean {
    return !this.#element.isConnected;
  }

  #tieControls(): void {
    const panel = this.#element.closest("section") ?? document.body;
    const reader = panel.querySelector<HTMLInputElement>("input[data-terminal-reader]");
    if (reader) {
      reader.closest<HTMLElement>("[hidden]")?.removeAttribute("hidden");
      reader.checked = this.#terminal.options.screenReaderMode ?? false;
      reader.addEventListener("change", () => {
        this.#terminal.options.screenReaderMode = reader.checked;
        localStorage.setItem("terminal-reader", reader.checked ? "yes" : "no");
      });
    }
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
  for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-run]")) button.hidden = !panel;
}

document.addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest<HTMLElement>("button[data-run]") : null;
  if (button && panel) panel.send(`${button.dataset["run"]}\r`);
});
document.addEventListener("lab-command", (event) => {
  const lab = panel?.lab;
  if (!panel || !lab) return;
  const detail = (event as CustomEvent<LabCommand>).detail;
  detail.outcome = panel.offer(detail.command);
  channel?.postMessage({ kind: "answer", lab, outcome: detail.outcome, command: detail.command });
});
document.addEventListener("live", mount);
void document.fonts.load('13px "JetBrains Mono"').finally(mount);
