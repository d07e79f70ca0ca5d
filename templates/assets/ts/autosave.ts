/** How long nobody types until what was typed is saved, in milliseconds. */
const PAUSE_MS = 1500;
/** How long a form waits for what else was typed on its page to be saved. */
const FLUSH_MS = 3000;
/** More than browsers send after a page is left. */
const KEEPALIVE_CHARS = 60_000;

/**
 * Saves forms while they are written, and says so beside their buttons: one with `data-draft` as a draft, by PUT of its
 * address; one with `data-autosave` for good, as its Save button does. Until that is done, the tab has a copy: a page that is
 * loaded anew may be asked for before what was typed into it has arrived.
 */
export function startAutosave(): void {
  const typed = (event: Event): void => {
    const form = event.target instanceof Element ? formOf(event.target) : null;
    if (form) writingOf(form).touch();
  };
  document.addEventListener("input", typed);
  document.addEventListener("change", typed);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") void flush();
  });
  document.addEventListener("submit", (event) => void holdBack(event), { capture: true });
  addEventListener("beforeunload", (event) => {
    if ([...writings.values()].some((writing) => writing.isUnsaved && writing.hasFailed)) event.preventDefault();
  });
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-draft], form[data-autosave]")) writingOf(form);
}

/** Saves whatever is not saved yet; resolves when it is, or cannot be. */
export async function flush(except?: HTMLFormElement): Promise<void> {
  const others = [...writings.values()].filter((writing) => writing.form !== except && writing.form.isConnected);
  await Promise.all(others.map((writing) => writing.save()));
}

const writings = new Map<HTMLFormElement, Writing>();

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

/** Lets a form go only when what else was typed on the page is saved: the page that comes next may be this one again. */
async function holdBack(event: SubmitEvent): Promise<void> {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || form.dataset["flushed"]) return;
  writings.get(form)?.stop();
  const isUnsaved = [...writings.values()].some((writing) => writing.form !== form && writing.isUnsaved);
  if (!isUnsaved) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  await Promise.race([flush(form), new Promise((done) => setTimeout(done, FLUSH_MS))]);
  form.dataset["flushed"] = "yes";
  form.requestSubmit(event.submitter instanceof HTMLElement ? event.submitter : null);
  delete form.dataset["flushed"];
}

class Writing {
  readonly form: HTMLFormElement;
  hasFailed = false;
  #saved: string;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #sending: AbortController | undefined;

  constructor(form: HTMLFormElement) {
    this.form = form;
    this.#saved = this.#content();
    const kept = readCopy(this.#key);
    if (kept === null) return;
    fill(form, new URLSearchParams(kept));
    this.touch();
  }

  /** The form's own, and its writer's: the token of a form has a mark of the person in its midst. */
  get #key(): string {
    const writer = new FormData(this.form).get("csrf");
    return `typed ${typeof writer === "string" ? writer.split(".")[1] : ""} ${this.form.getAttribute("action") ?? ""}`;
  }

  get isUnsaved(): boolean {
    return this.form.isConnected && !this.form.dataset["sent"] && this.#content() !== this.#saved;
  }

  touch(): void {
    // Script may have filled a field in the way it was.
    if (!this.isUnsaved) return;
    this.#tell("Not saved yet");
    writeCopy(this.#key, this.#content());
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.save(), PAUSE_MS);
  }

  /** No draft of a form arrives after the form itself. */
  stop(): void {
    writeCopy(this.#key, null);
    clearTimeout(this.#timer);
    this.#sending?.abort();
  }

  async save(): Promise<void> {
    clearTimeout(this.#timer);
    if (!this.isUnsaved) return;
    const sent = this.#content();
    const isDraft = this.form.dataset["draft"] !== undefined;
    this.#sending?.abort();
    const sending = new AbortController();
    this.#sending = sending;
    try {
      // Of a form that is saved for good, the page that the answer leads to is not needed.
      const answer = await fetch(this.form.getAttribute("action") ?? "", {
        method: isDraft ? "PUT" : "POST",
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: sent,
        redirect: "manual",
        keepalive: sent.length < KEEPALIVE_CHARS,
        signal: sending.signal,
      });
      if (answer.status === 401) throw new Error("signed out");
      if (isDraft ? answer.status !== 204 : answer.type !== "opaqueredirect") throw new Error(String(answer.status));
      this.#saved = sent;
      if (!this.isUnsaved) writeCopy(this.#key, null);
      this.hasFailed = false;
      this.#tell(isDraft ? "Draft saved" : "Saved just now");
    } catch (fault) {
      if (sending.signal.aborted) return;
      this.hasFailed = true;
      this.#tell(failure(fault, isDraft));
    }
  }

  #tell(text: string): void {
    const own = this.form.querySelectorAll<HTMLElement>("[data-draft-state], [data-autosaved]");
    const apart = this.form.id ? document.querySelectorAll<HTMLElement>(`[data-draft-state="${CSS.escape(this.form.id)}"]`) : [];
    const focused = document.activeElement?.closest(".question")?.querySelector<HTMLElement>("[data-draft-state]");
    const places = focused && [...apart].includes(focused) ? [focused] : [...own, ...[...apart].slice(0, 1)];
    for (const place of apart) if (!places.includes(place)) place.textContent = "";
    for (const place of places) if (place.textContent !== text) place.textContent = text;
  }

  #content(): string {
    const fields = new URLSearchParams();
    for (const [name, value] of new FormData(this.form)) if (typeof value === "string") fields.append(name, value);
    return fields.toString();
  }
}

function readCopy(key: string): string | null {
  try {
    return sessionStorage.getItem(key);
  } catch {
    return null;
  }
}

function writeCopy(key: string, content: string | null): void {
  try {
    if (content === null) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, content);
  } catch {
    // A browser that keeps nothing still saves what is typed.
  }
}

/** Puts what was typed back; the order of things that are moved is the server's to keep. */
function fill(form: HTMLFormElement, typed: URLSearchParams): void {
  for (const field of form.elements) {
    if (field instanceof HTMLTextAreaElement || (field instanceof HTMLInputElement && field.type === "text")) {
      field.value = typed.get(field.name) ?? "";
    } else if (field instanceof HTMLInputElement && (field.type === "radio" || field.type === "checkbox")) {
      field.checked = typed.getAll(field.name).includes(field.value);
    }
  }
}

function failure(fault: unknown, isDraft: boolean): string {
  if (fault instanceof Error && fault.message === "signed out") {
    return "You were signed out, so it is not saved. Sign in in another tab; what you typed stays here.";
  }
  return isDraft ? "Not saved yet: the site does not answer. It is tried again as you type." : "Not saved yet: press Save";
}
