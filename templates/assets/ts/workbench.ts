import { readPreference, writePreference } from "./preferences";
import { startSeparator } from "./separator";

/** Where the guide and the tools stand side by side, as in workbench.css. */
const WIDE = "(width >= 70rem)";
const KEY = "lab-tool";

/**
 * The parts of a lab's page: chosen by tabs, all of them on a narrow screen, the tools on a wide one. A part that is asked for
 * by an address's fragment, or by the event `lab-part`, is shown; the event `part-shown` tells that one is.
 */
export function startWorkbench(): void {
  const lab = document.querySelector<HTMLElement>("#lab");
  if (!lab) return;
  startSeparator(lab);
  const workbench = new Workbench(lab);
  document.addEventListener("lab-part", (event) => {
    if (event instanceof CustomEvent) workbench.open(String(event.detail));
  });
  addEventListener("hashchange", () => workbench.reveal());
  workbench.reveal();
}

class Workbench {
  readonly #lab: HTMLElement;
  readonly #bar: HTMLElement | null;
  readonly #tabs: HTMLElement[];
  readonly #wide = matchMedia(WIDE);
  /** How far the page was scrolled when the guide was left. */
  #leftAt = 0;

  constructor(lab: HTMLElement) {
    this.#lab = lab;
    this.#bar = lab.querySelector<HTMLElement>(".lab-bar");
    this.#tabs = [...lab.querySelectorAll<HTMLElement>(".lab-tab")];
    const kept = readPreference(KEY);
    if (kept && this.#tabs.some((tab) => tab.dataset["pane"] === kept && kept !== "guide")) lab.dataset["tool"] = kept;
    for (const tab of this.#tabs) {
      tab.addEventListener("click", () => this.open(tab.dataset["pane"] ?? ""));
      tab.addEventListener("keydown", (event) => this.#move(event));
    }
    this.#wide.addEventListener("change", () => this.#arrange());
    this.#arrange();
  }

  /** Shows a part, and gives it all of a narrow screen; the guide is where it was left. */
  open(pane: string): void {
    const from = this.#lab.dataset["pane"];
    if (from === "guide" && pane !== "guide") this.#leftAt = scrollY;
    this.show(pane);
    if (this.#wide.matches || from === pane) return;
    // The bar sticks to the top, so its own place says nothing of where the part begins.
    const above = this.#bar?.previousElementSibling?.getBoundingClientRect().bottom ?? 0;
    const begin = Math.max(0, scrollY + above + (Number.parseFloat(getComputedStyle(this.#lab).rowGap) || 0));
    scrollTo({ top: pane === "guide" ? Math.max(this.#leftAt, begin) : begin, behavior: "instant" });
  }

  /** Shows a part; on a wide screen the guide is always shown. */
  show(pane: string): void {
    this.#lab.dataset["pane"] = pane;
    if (pane !== "guide") {
      this.#lab.dataset["tool"] = pane;
      writePreference(KEY, pane);
    }
    this.#mark();
    document.dispatchEvent(new CustomEvent("part-shown"));
  }

  /** Shows the part that the address's fragment is in, and goes there. */
  reveal(): void {
    const target = location.hash.length > 1 ? document.getElementById(decodeURIComponent(location.hash.slice(1))) : null;
    const part = target?.closest("#lab-guide, .lab-pane");
    const tab = this.#tabs.find((one) => one.getAttribute("aria-controls") === part?.id);
    if (!target || !tab || target.checkVisibility()) return;
    this.show(tab.dataset["pane"] ?? "guide");
    target.scrollIntoView();
  }

  /** Puts the tabs before what they choose: all parts on a narrow screen, the tools on a wide one. */
  #arrange(): void {
    const focused = document.activeElement;
    const before = this.#lab.querySelector(this.#wide.matches ? ".lab-tools" : ".lab-guide");
    if (this.#bar && before && this.#bar.nextElementSibling !== before) {
      before.before(this.#bar);
      if (focused instanceof HTMLElement && this.#bar.contains(focused)) focused.focus({ preventScroll: true });
    }
    this.#mark();
    document.dispatchEvent(new CustomEvent("part-shown"));
  }

  #mark(): void {
    const shown = this.#wide.matches ? this.#lab.dataset["tool"] : this.#lab.dataset["pane"];
    for (const tab of this.#tabs) {
      const isShown = tab.dataset["pane"] === shown;
      tab.setAttribute("aria-selected", String(isShown));
      tab.tabIndex = isShown ? 0 : -1;
      const panel = document.getElementById(tab.getAttribute("aria-controls") ?? "");
      const isPanel = !(this.#wide.matches && tab.dataset["pane"] === "guide");
      if (isPanel) {
        panel?.setAttribute("role", "tabpanel");
        panel?.setAttribute("aria-labelledby", tab.id);
      } else {
        panel?.removeAttribute("role");
        panel?.removeAttribute("aria-labelledby");
      }
    }
  }

  #move(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const tabs = this.#tabs.filter((tab) => tab.checkVisibility());
    const place = tabs.findIndex((tab) => tab === event.currentTarget);
    const next = { ArrowLeft: place - 1, ArrowRight: place + 1, Home: 0, End: -1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    const tab = tabs.at(next % tabs.length);
    this.show(tab?.dataset["pane"] ?? "guide");
    tab?.focus();
  }
}
