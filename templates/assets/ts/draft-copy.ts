/** What was typed into a form and is not saved yet, as this tab keeps it: a page that is left may not get to save it. */
export interface DraftCopy {
  readonly content: string;
  /** Until when the page that it was typed on knew what was saved. */
  readonly known: string;
}

export function readCopy(key: string): DraftCopy | null {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(key) ?? "null");
    return kept !== null && typeof kept === "object" && "content" in kept ? (kept as DraftCopy) : null;
  } catch {
    return null;
  }
}

export function writeCopy(key: string, copy: DraftCopy | null): void {
  try {
    if (copy === null) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, JSON.stringify(copy));
  } catch {
    // A browser that keeps nothing still saves what is typed.
  }
}

/** Puts the words back that were typed; which choice a place means is for the server to say, which knows what was asked. */
export function fillWords(form: HTMLFormElement, typed: URLSearchParams): void {
  for (const field of form.elements) {
    const takesWords = field instanceof HTMLTextAreaElement || (field instanceof HTMLInputElement && field.type === "text");
    if (takesWords && typed.has(field.name)) field.value = typed.get(field.name) ?? "";
  }
}
