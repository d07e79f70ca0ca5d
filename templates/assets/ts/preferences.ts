/** What somebody chose on this device before, or nothing where the browser keeps nothing. */
export function readPreference(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Keeps a choice for this device; without storage it lasts as long as the page. */
export function writePreference(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // There is nothing to be done about it, and the choice holds on this page.
  }
}
