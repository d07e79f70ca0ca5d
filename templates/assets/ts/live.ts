import { announce } from "./announce";
import { startCopyButtons } from "./copy";
import { showTimes } from "./times";

const DEFAULT_EVERY_MS = 1000;
const LONGEST_WAIT_MS = 15_000;
/** How often it is looked whether an element is shown by now. */
const HIDDEN_MS = 2000;

/** The ids of the elements that are kept. */
const followed = new Set<string>();

/**
 * Keeps every `[data-live]` element as its address shows it: asks for that page while the element is looked at, and takes over
 * the element of the same id when its `data-live-key` differs (or always, without one). Elements with `data-live-with`, naming
 * the ids of live elements, come along in the same answer.
 */
export function startLive(): void {
  followAll();
  // What was taken over may hold elements that are to be kept as well.
  document.addEventListener("live", followAll);
}

function followAll(): void {
  for (const { id } of document.querySelectorAll<HTMLElement>("[data-live][id]")) {
    if (followed.has(id)) continue;
    followed.add(id);
    void follow(id).finally(() => followed.delete(id));
  }
}

async function follow(id: string): Promise<void> {
  let faults = 0;
  for (;;) {
    const element = document.getElementById(id);
    const url = element?.dataset["live"];
    if (!element || !url) return;
    // What is in a part that is not shown is asked for when it is.
    if (!element.checkVisibility()) {
      await pause(HIDDEN_MS, "part-shown");
      continue;
    }
    const every = Number(element.dataset["every"]) || DEFAULT_EVERY_MS;
    await pause(Math.min(every * 2 ** faults, LONGEST_WAIT_MS), `changed-${id}`);
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

/** Waits for so long, or until the page tells of `event`. */
function pause(milliseconds: number, event: string): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      document.removeEventListener(event, end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    document.addEventListener(event, end);
  });
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

/** Takes over every element with a `data-live-key` as `url` shows it now. */
export async function refresh(url: string): Promise<void> {
  const answer = await fetch(url, { headers: { accept: "text/html" }, redirect: "manual" });
  if (!answer.ok) throw new Error(String(answer.status));
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const element of document.querySelectorAll<HTMLElement>("[data-live-key][id]")) {
    // What is kept as another page shows it is that page's.
    if ((element.dataset["live"] ?? url) === url) replace(element, fresh);
  }
}

function takeOver(id: string, fresh: Document): void {
  replace(document.getElementById(id), fresh);
  for (const companion of document.querySelectorAll<HTMLElement>(`[data-live-with~="${id}"][id]`)) replace(companion, fresh);
}

function replace(old: HTMLElement | null, fresh: Document): void {
  const found = old && fresh.getElementById(old.id);
  if (!old || !found) return;
  const key = found.dataset["liveKey"];
  if (key !== undefined && key === old.dataset["liveKey"]) {
    if (!found.dataset["live"]) delete old.dataset["live"];
    return;
  }
  const next = document.importNode(found, true);
  const kept = formsInUse(old);
  const pairs = pairForms(kept, next);
  const typing = old.querySelector(":is(input, textarea, select):focus");
  // What is in use and has no place in the fresh element is not taken from under the reader.
  if (!pairs || (typing && !kept.some((form) => form.contains(typing)))) return;
  showTimes(next);
  const said = new Set(wordsOf(old));
  keepOpenDetails(old, next);
  const news = wordsOf(next).filter((text) => !said.has(text));
  const focus = focusPath(old);
  const scrolled = scrollsOf(old);
  const shown = pairs.size > 0 ? mergeAround(old, next, pairs) : (old.replaceWith(next), next);
  if (!shown.contains(document.activeElement)) focus?.(shown);
  keepScrolled(scrolled);
  startCopyButtons(shown);
  if (news.length > 0) announce(news.join(" "));
  shown.dispatchEvent(new CustomEvent("live", { bubbles: true }));
}

type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

/** The forms that are on their way, being filled in, or filled in with what was not sent yet. */
function formsInUse(element: HTMLElement): HTMLFormElement[] {
  return [...element.querySelectorAll("form")].filter(
    (form) =>
      form.dataset["sent"] !== undefined ||
      form.querySelector(":is(input, textarea, select):focus") !== null ||
      [...form.querySelectorAll<Field>("input, textarea, select")].some(isChanged),
  );
}

function isChanged(field: Field): boolean {
  if (field instanceof HTMLSelectElement) {
    const options = [...field.options];
    return field.selectedOptions[0] !== (options.find((option) => option.defaultSelected) ?? options[0]);
  }
  if (field instanceof HTMLInputElement && ["checkbox", "radio"].includes(field.type)) return field.checked !== field.defaultChecked;
  return field.type !== "hidden" && field.value !== field.defaultValue;
}

/** Each of the forms with its twin in `next`, known by its id, else by where it is sent; none when one has no twin. */
function pairForms(forms: HTMLFormElement[], next: HTMLElement): Map<Element, Element> | undefined {
  const pairs = new Map<Element, Element>();
  const fresh = [...next.querySelectorAll("form")];
  for (const form of forms) {
    const isTwin = (other: HTMLFormElement): boolean =>
      form.id ? other.id === form.id : other.getAttribute("action") === form.getAttribute("action");
    const twin = fresh.find((other) => isTwin(other) && ![...pairs.values()].includes(other));
    if (!twin) return undefined;
    pairs.set(form, twin);
  }
  return pairs;
}

/** Makes `old` like `next`, but for the forms of `pairs`, which stay as they are with what is typed and the focus. */
function mergeAround(old: HTMLElement, next: HTMLElement, pairs: Map<Element, Element>): HTMLElement {
  for (const { name } of [...old.attributes]) if (!next.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of next.attributes) old.setAttribute(name, value);
  const holders = new Map<Element, Element>();
  for (const [form, twin] of pairs) {
    const [holder, fresh] = [childWith(old, form), childWith(next, twin)];
    if (holder && fresh) holders.set(fresh, holder);
  }
  const staying = new Set<Node>(holders.values());
  for (const child of [...old.childNodes]) if (!staying.has(child)) child.remove();
  let place = old.firstChild;
  for (const child of [...next.childNodes]) {
    const holder = child instanceof Element ? holders.get(child) : undefined;
    if (!holder) {
      old.insertBefore(child, place);
      continue;
    }
    place = holder.nextSibling;
    if (!pairs.has(holder)) mergeAround(holder as HTMLElement, child as HTMLElement, within(holder, pairs));
  }
  return old;
}

function within(holder: Element, pairs: Map<Element, Element>): Map<Element, Element> {
  return new Map([...pairs].filter(([form]) => holder.contains(form)));
}

function childWith(parent: Element, descendant: Element): Element | undefined {
  return [...parent.children].find((child) => child.contains(descendant));
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

/** How far each region that scrolls sideways was scrolled, by its id. */
function scrollsOf(old: HTMLElement): Map<string, number> {
  const regions = [...old.querySelectorAll<HTMLElement>(".table-scroll[id]")];
  return new Map(regions.filter((region) => region.scrollLeft > 0).map((region) => [region.id, region.scrollLeft]));
}

function keepScrolled(scrolled: Map<string, number>): void {
  for (const [id, left] of scrolled) document.getElementById(id)?.scrollTo({ left, behavior: "instant" });
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
