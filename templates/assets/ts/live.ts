import { announce } from "./announce";
import { startCopyButtons } from "./copy";
import { showTimes } from "./times";

const DEFAULT_EVERY_MS = 1000;
const LONGEST_WAIT_MS = 15_000;

/**
 * Keeps every `[data-live]` element as its address shows it: asks for that page while this one is looked at, and takes over
 * the element of the same id when its `data-live-key` differs (or always, without one). Elements with `data-live-with`, naming
 * the id of a live element, come along in the same answer.
 */
export function startLive(): void {
  for (const element of document.querySelectorAll<HTMLElement>("[data-live][id]")) void follow(element.id);
}

async function follow(id: string): Promise<void> {
  let faults = 0;
  for (;;) {
    const element = document.getElementById(id);
    const url = element?.dataset["live"];
    if (!element || !url) return;
    const every = Number(element.dataset["every"]) || DEFAULT_EVERY_MS;
    await new Promise((resolve) => setTimeout(resolve, Math.min(every * 2 ** faults, LONGEST_WAIT_MS)));
    if (document.hidden) await shown();
    try {
      const answer = await fetch(url, { headers: { accept: "text/html" }, redirect: "manual" });
      if (answer.type === "opaqueredirect") return location.reload();
      if (!answer.ok) throw new Error(String(answer.status));
      takeOver(id, new DOMParser().parseFromString(await answer.text(), "text/html"));
      faults = 0;
    } catch {
      faults += 1;
    }
  }
}

function shown(): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (document.hidden) return;
      document.removeEventListener("visibilitychange", look);
      resolve();
    };
    document.addEventListener("visibilitychange", look);
  });
}

function takeOver(id: string, fresh: Document): void {
  replace(document.getElementById(id), fresh);
  for (const companion of document.querySelectorAll<HTMLElement>(`[data-live-with="${id}"][id]`)) replace(companion, fresh);
}

function replace(old: HTMLElement | null, fresh: Document): void {
  const found = old && fresh.getElementById(old.id);
  if (!old || !found) return;
  const key = found.dataset["liveKey"];
  if (key !== undefined && key === old.dataset["liveKey"]) {
    if (!found.dataset["live"]) delete old.dataset["live"];
    return;
  }
  // A form on its way, or a field being typed in, is not taken from under the reader.
  if (old.querySelector("form[data-sent]") || old.querySelector(":is(input, textarea, select):focus")) return;
  const next = document.importNode(found, true);
  showTimes(next);
  const said = new Set(wordsOf(old));
  keepOpenDetails(old, next);
  const focus = focusPath(old);
  old.replaceWith(next);
  focus?.(next);
  startCopyButtons(next);
  const news = wordsOf(next).filter((text) => !said.has(text));
  if (news.length > 0) announce(news.join(" "));
  next.dispatchEvent(new CustomEvent("live", { bubbles: true }));
}

function wordsOf(element: HTMLElement): string[] {
  return [...element.querySelectorAll("[data-announce]")].map((part) => (part.textContent ?? "").replace(/\s+/g, " ").trim());
}

function keepOpenDetails(old: HTMLElement, next: HTMLElement): void {
  const fresh = next.querySelectorAll("details");
  old.querySelectorAll("details").forEach((details, place) => {
    const twin = details.id ? next.querySelector<HTMLDetailsElement>(`details#${CSS.escape(details.id)}`) : fresh[place];
    if (twin) twin.open = details.open;
  });
}

/** Gives the focus to the element in the same place, known by its id or by its order among what can be focused. */
function focusPath(old: HTMLElement): ((next: HTMLElement) => void) | undefined {
  const focused = document.activeElement;
  if (!(focused instanceof HTMLElement) || !old.contains(focused)) return undefined;
  const selector = "a[href], button, summary, [tabindex]";
  const place = [...old.querySelectorAll(selector)].indexOf(focused);
  const id = focused.id;
  return (next) => {
    const twin = (id && next.querySelector<HTMLElement>(`#${CSS.escape(id)}`)) || next.querySelectorAll<HTMLElement>(selector)[place];
    twin?.focus({ preventScroll: true });
  };
}
