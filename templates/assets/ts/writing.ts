import { fill, readCopy, writeCopy } from "./draft-copy";

/** How long nobody types until what was typed is saved, in milliseconds. */
const PAUSE_MS = 1500;
/** After how long what could not be saved is tried again: twice as long each time, up to the longest. */
const FIRST_RETRY_MS = 4000;
const LONGEST_RETRY_MS = 60_000;
/** More than browsers send after a page is left. */
const KEEPALIVE_CHARS = 60_000;

const NOT_SAVED: Record<number, string> = {
  401: "You were signed out, so it is not saved. What you typed stays here while you sign in in another tab.",
  403: "Somebody else is signed in in this browser now, so it is not saved. Copy it, or sign in again.",
  400: "Not saved: it holds a character that cannot be kept.",
  413: "Not saved: this is longer than what is kept of a form.",
  422: "Not saved: it holds a character that cannot be kept.",
};

/** A form that is saved while it is written. */
export class Writing {
  readonly form: HTMLFormElement;
  readonly isDraft: boolean;
  hasFailed = false;
  /** Until when the page has what was saved, as the server tells the time. */
  known = document.querySelector<HTMLMetaElement>("meta[name=now]")?.content ?? "";
  #saved: string;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #retryMs = FIRST_RETRY_MS;
  #sending: AbortController | undefined;
  /** Something newer was saved elsewhere, and nobody has said yet which is to stay. */
  #isInConflict = false;

  constructor(form: HTMLFormElement) {
    this.form = form;
    this.isDraft = form.dataset["draft"] !== undefined;
    this.#saved = this.#content();
    void this.#recover();
  }

  get isUnsaved(): boolean {
    return this.form.isConnected && !this.form.dataset["sent"] && this.#content() !== this.#saved;
  }

  touch(): void {
    // Script may have filled a field in the way it was.
    if (!this.isUnsaved) return;
    writeCopy(this.#key, { content: this.#content(), known: this.known });
    if (this.#isInConflict) return;
    this.#tell("Not saved yet");
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.save(), PAUSE_MS);
  }

  /** The form itself goes now: nothing of it is sent as a draft any more. */
  stop(): void {
    writeCopy(this.#key, null);
    clearTimeout(this.#timer);
    this.#sending?.abort();
    this.#saved = this.#content();
  }

  async save(): Promise<void> {
    clearTimeout(this.#timer);
    if (!this.isUnsaved || this.#isInConflict) return;
    const sent = this.#content();
    this.#sending?.abort();
    const sending = new AbortController();
    this.#sending = sending;
    let status = await this.#send(sent, this.known, sending.signal);
    if (status === 403 && (await this.#renewToken())) status = await this.#send(sent, this.known, sending.signal);
    if (sending.signal.aborted) return;
    this.hasFailed = status !== 204;
    if (status === 204) {
      this.#saved = sent;
      this.#retryMs = FIRST_RETRY_MS;
      if (!this.isUnsaved) writeCopy(this.#key, null);
      this.#tell(this.isDraft ? "Draft saved" : "Saved just now");
    } else if (status === 409) {
      this.#ask("Something newer was saved in another tab or on another device.", sent);
    } else {
      const otherwise = this.isDraft ? "Not saved yet: the site does not answer. It is tried again." : "Not saved yet: press Save";
      this.#tell(NOT_SAVED[status] ?? otherwise, status);
      // What cannot be kept is not kept the next time either.
      if (status === 0 || status === 401 || status >= 500) {
        this.#timer = setTimeout(() => void this.save(), this.#retryMs);
        this.#retryMs = Math.min(this.#retryMs * 2, LONGEST_RETRY_MS);
      }
    }
  }

  /** The form's own, and its writer's: the token of a form has a mark of the person in its midst. */
  get #key(): string {
    return `typed ${this.#token.split(".")[1] ?? ""} ${this.form.getAttribute("action") ?? ""}`;
  }

  get #token(): string {
    const token = new FormData(this.form).get("csrf");
    return typeof token === "string" ? token : "";
  }

  /** Shows and saves what an earlier page in this tab did not get to save; where it cannot tell how, as the server has it then. */
  async #recover(): Promise<void> {
    const kept = readCopy(this.#key);
    if (kept === null || kept.content === this.#saved) return writeCopy(this.#key, null);
    // That is what it knew: something newer from elsewhere is not written over.
    this.known = kept.known;
    if (fill(this.form, new URLSearchParams(kept.content))) return this.save();
    const status = await this.#send(kept.content, kept.known);
    if (status === 204 && !this.isUnsaved) this.#leaveFor();
    else if (status === 409) this.#ask("Something newer was saved in another tab or on another device.", kept.content);
  }

  /** Sends what the form holds; the status that came, 204 when it is saved, 0 when nothing came. */
  async #send(content: string, known: string, signal?: AbortSignal): Promise<number> {
    const fields = new URLSearchParams(content);
    fields.set("csrf", this.#token);
    try {
      // Of a form that is saved for good, the page that the answer leads to is not needed.
      const answer = await fetch(this.form.getAttribute("action") ?? "", {
        method: this.isDraft ? "PUT" : "POST",
        body: fields,
        headers: known ? { "draft-known": known } : {},
        redirect: "manual",
        keepalive: content.length < KEEPALIVE_CHARS,
        ...(signal ? { signal } : {}),
      });
      this.known = answer.headers.get("draft-saved") ?? this.known;
      return answer.type === "opaqueredirect" && !this.isDraft ? 204 : answer.status;
    } catch {
      return 0;
    }
  }

  /** Takes the token of the page as it is now, if it is still this person's; `false` when it is not. */
  async #renewToken(): Promise<boolean> {
    try {
      const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
      const token = page.querySelector<HTMLInputElement>("main input[name=csrf]")?.value ?? "";
      if (token === "" || token.split(".")[1] !== this.#token.split(".")[1]) return false;
      for (const input of document.querySelectorAll<HTMLInputElement>("input[name=csrf]")) input.value = token;
      return true;
    } catch {
      return false;
    }
  }

  /** Says that there are two texts, and lets the person choose. */
  #ask(text: string, mine: string): void {
    this.#isInConflict = true;
    writeCopy(this.#key, { content: mine, known: this.known });
    const choose = (label: string, act: () => Promise<void> | void): HTMLButtonElement => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "link-button";
      button.textContent = label;
      button.addEventListener("click", () => void act());
      return button;
    };
    const keep = choose("Keep what was typed here", async () => {
      const latest = this.isUnsaved ? this.#content() : mine;
      if ((await this.#send(latest, "")) !== 204) return;
      this.#leaveFor();
    });
    const drop = choose("Show the other, and drop this", () => this.#leaveFor());
    for (const place of this.#places()) place.replaceChildren(`${text} `, keep, " ", drop);
  }

  #leaveFor(): void {
    writeCopy(this.#key, null);
    this.#saved = this.#content();
    this.hasFailed = false;
    location.reload();
  }

  #tell(text: string, status = 204): void {
    for (const place of this.#places()) {
      place.classList.toggle("draft-failed", status !== 204);
      if (place.textContent !== text) place.textContent = text;
      if (status === 401) place.append(" ", signInLink());
    }
  }

  /** Where it is told: in the form, or, for one whose fields are all over the page, where somebody writes. */
  #places(): HTMLElement[] {
    const own = this.form.querySelectorAll<HTMLElement>("[data-draft-state], [data-autosaved]");
    const apart = this.form.id ? [...document.querySelectorAll<HTMLElement>(`[data-draft-state="${CSS.escape(this.form.id)}"]`)] : [];
    const focused = document.activeElement?.closest(".question")?.querySelector<HTMLElement>("[data-draft-state]");
    const places = focused && apart.includes(focused) ? [focused] : [...own, ...apart.slice(0, 1)];
    for (const place of apart) if (!places.includes(place)) place.textContent = "";
    return places;
  }

  #content(): string {
    const fields = new URLSearchParams();
    for (const [name, value] of new FormData(this.form)) if (typeof value === "string" && name !== "csrf") fields.append(name, value);
    return fields.toString();
  }
}

function signInLink(): HTMLAnchorElement {
  const link = document.createElement("a");
  link.href = "/sign-in";
  link.target = "_blank";
  link.rel = "noopener";
  link.textContent = "Sign in (opens a new tab)";
  return link;
}
