import { Writing } from "./writing";

/** How long a form waits for what was typed on its page to be saved. */
const FLUSH_MS = 3000;

const writings = new Map<HTMLFormElement, Writing>();

/**
 * Saves forms while they are written, and says so beside their buttons: one with `data-draft` as a draft, by PUT of its
 * address; one with `data-autosave` for good, as its Save button does. What could not be saved is tried again, after a while
 * and when somebody comes back to the page, as after signing in in another tab.
 */
export function startAutosave(): void {
  const typed = (event: Event): void => {
    const form = event.target instanceof Element ? formOf(event.target) : null;
    if (form) writingOf(form).touch();
  };
  document.addEventListener("input", typed);
  // A text tells of each letter; to tell once more when it is left would move what is about to be pressed.
  document.addEventListener("change", (event) => {
    const isText = event.target instanceof HTMLTextAreaElement || (event.target instanceof HTMLInputElement && event.target.type === "text");
    if (!isText) typed(event);
  });
  document.addEventListener("visibilitychange", () => void flush());
  addEventListener("focus", () => void flush());
  addEventListener("online", () => void flush());
  document.addEventListener("submit", (event) => void holdBack(event), { capture: true });
  addEventListener("beforeunload", (event) => {
    if ([...writings.values()].some((writing) => writing.isUnsaved && writing.hasFailed)) event.preventDefault();
  });
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-draft], form[data-autosave]")) writingOf(form);
}

/** Tells that the page has what was saved until then. */
export function learn(known: string | undefined): void {
  if (known) for (const writing of writings.values()) writing.known = known;
}

/** Saves whatever is not saved yet; resolves when it is, or cannot be. */
async function flush(): Promise<void> {
  await Promise.all([...writings.values()].map((writing) => writing.save()));
}

function formOf(field: Element): HTMLFormElement | null {
  const form = "form" in field && field.form instanceof HTMLFormElement ? field.form : null;
  return form?.matches("[data-draft], [data-autosave]") ? form : null;
}

function writingOf(form: HTMLFormElement): Writing {
  const known = writings.get(form);
  if (known) return known;
  const writing = new Writing(form);
  writings.set(form, writing);
  return writing;
}

/**
 * Lets a form go only when what was typed on the page is saved, its own draft too: the page that comes next may be this one
 * again, and a form that never arrives leaves its draft.
 */
async function holdBack(event: SubmitEvent): Promise<void> {
  const form = event.target;
  if (!(form instanceof HTMLFormElement)) return;
  const own = writings.get(form);
  if (form.dataset["flushed"]) return own?.stop();
  const waiting = [...writings.values()].filter((writing) => writing.isUnsaved && (writing !== own || own.isDraft));
  if (waiting.length === 0) return own?.stop();
  event.preventDefault();
  event.stopImmediatePropagation();
  await Promise.race([Promise.all(waiting.map((writing) => writing.save())), new Promise((done) => setTimeout(done, FLUSH_MS))]);
  form.dataset["flushed"] = "yes";
  form.requestSubmit(event.submitter instanceof HTMLElement ? event.submitter : null);
  delete form.dataset["flushed"];
}
