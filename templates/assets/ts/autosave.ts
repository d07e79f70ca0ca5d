/** How long nobody types until what was typed is saved, in milliseconds. */
const PAUSE_MS = 1500;

/** Saves forms with `data-autosave` while they are written, by the address of their Save button, and says so beside it. */
export function startAutosave(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-autosave]")) watch(form);
}

function watch(form: HTMLFormElement): void {
  const told = form.querySelector<HTMLElement>("[data-autosaved]");
  let timer: ReturnType<typeof setTimeout> | undefined;
  let saved = content(form);
  const save = async (): Promise<void> => {
    const sent = content(form);
    if (sent === saved || form.dataset["sent"]) return;
    try {
      // What the page answers with a redirect was taken; the page that it leads to is not needed.
      const answer = await fetch(form.action, {
        method: "POST",
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: sent,
        redirect: "manual",
        keepalive: sent.length < 60_000,
      });
      if (answer.type !== "opaqueredirect") throw new Error(String(answer.status));
      saved = sent;
      if (told) told.textContent = "Saved just now";
    } catch {
      if (told) told.textContent = "Not saved yet: press Save";
    }
  };
  form.addEventListener("input", () => {
    if (told) told.textContent = "Not saved yet";
    clearTimeout(timer);
    timer = setTimeout(() => void save(), PAUSE_MS);
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") void save();
  });
}

function content(form: HTMLFormElement): string {
  const fields = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (typeof value === "string") fields.append(name, value);
  return fields.toString();
}
