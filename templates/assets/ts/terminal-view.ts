import { announce } from "./announce";
import { readPreference, writePreference } from "./preferences";

const SIZE_KEY = "terminal-size";
const FIRST_SIZE = 13;
const [LEAST_SIZE, MOST_SIZE] = [9, 28];

/** The size of the terminal's letters in pixels, as it was chosen last. */
export function readFontSize(): number {
  return bound(Number(readPreference(SIZE_KEY)) || FIRST_SIZE);
}

/** Another size, kept for the next time; answers what it is now. */
export function changeFontSize(now: number, by: number): number {
  const size = bound(now + by);
  writePreference(SIZE_KEY, String(size));
  announce(size === now ? `The letters stay at ${size} pixels.` : `Letters of ${size} pixels.`);
  return size;
}

function bound(size: number): number {
  return Math.min(MOST_SIZE, Math.max(LEAST_SIZE, Math.round(size)));
}

/**
 * The terminal over the whole window. It is not the browser's own full screen, which Escape would end: in a terminal, Escape
 * is the shell's.
 */
export class FullScreen {
  readonly #panel: HTMLElement;
  readonly #button: HTMLElement | null;
  /** What is out of reach meanwhile. */
  #behind: Element[] = [];

  constructor(panel: HTMLElement) {
    this.#panel = panel;
    this.#button = panel.querySelector<HTMLElement>("[data-terminal-action=full]");
    panel.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.isOn || (event.target instanceof Element && event.target.closest(".xterm, dialog"))) return;
      this.leave();
      this.#button?.focus();
    });
  }

  get isOn(): boolean {
    return this.#panel.dataset["full"] !== undefined;
  }

  toggle(): void {
    if (this.isOn) this.leave();
    else this.#enter();
    announce(this.isOn ? "The terminal fills the window." : "The terminal is back in the page.");
  }

  leave(): void {
    for (const element of this.#behind) element.removeAttribute("inert");
    this.#behind = [];
    delete this.#panel.dataset["full"];
    delete document.documentElement.dataset["terminalFull"];
    this.#tell();
  }

  #enter(): void {
    for (let inner: Element = this.#panel; inner.parentElement && inner !== document.body; inner = inner.parentElement) {
      const others = [...inner.parentElement.children].filter((one) => one !== inner && !one.matches("[role=status], [inert], script"));
      this.#behind.push(...others);
    }
    for (const element of this.#behind) element.setAttribute("inert", "");
    this.#panel.dataset["full"] = "";
    document.documentElement.dataset["terminalFull"] = "";
    this.#tell();
  }

  #tell(): void {
    this.#button?.setAttribute("aria-pressed", String(this.isOn));
  }
}

/**
 * Keeps `--view-height` at the height that can be seen, which an on-screen keyboard makes less, and the terminal in it while
 * it has the focus; answers what ends that.
 */
export function followView(panel: HTMLElement): () => void {
  const view = window.visualViewport;
  if (!view) return () => undefined;
  const root = document.documentElement;
  const follow = (): void => {
    // A page that is zoomed in is meant to be larger than what can be seen.
    if (view.scale > 1.01) return;
    root.style.setProperty("--view-height", `${Math.round(view.height)}px`);
    const isTyping = panel.contains(document.activeElement) && view.height < root.clientHeight * 0.85;
    if (isTyping && panel.dataset["full"] === undefined) panel.scrollIntoView({ block: "start", behavior: "instant" });
  };
  view.addEventListener("resize", follow);
  follow();
  return () => {
    view.removeEventListener("resize", follow);
    root.style.removeProperty("--view-height");
  };
}
