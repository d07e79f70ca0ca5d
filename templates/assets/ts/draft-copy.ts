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

/**
 * Puts back what was typed and chosen, where each place of a choice still means what it did: when the same questions are
 * asked, and no lines were put in another order. Otherwise nothing is put back, since only the server knows what was asked.
 */
export function fill(form: HTMLFormElement, typed: URLSearchParams): boolean {
  const now = new FormData(form);
  const names = [...form.elements].filter((field) => field instanceof HTMLSelectElement).map((field) => field.name);
  const isSame = ["question", ...names].every((name) => String(now.getAll(name)) === String(typed.getAll(name)));
  if (!isSame) return false;
  for (const field of form.elements) {
    if (field instanceof HTMLTextAreaElement || (field instanceof HTMLInputElement && field.type === "text")) {
      field.value = typed.get(field.name) ?? "";
    } else if (field instanceof HTMLInputElement && (field.type === "radio" || field.type === "checkbox")) {
      field.checked = typed.getAll(field.name).includes(field.value);
    }
  }
  return true;
}
