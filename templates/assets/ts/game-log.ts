/** Keeps what is typed into a form with `data-draft` until it is sent, and sends it by Alt and the number of a button. */
export function startGameLog(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-draft]")) {
    keepDraft(form, `draft:${form.dataset["draft"] ?? ""}`);
    document.addEventListener("keydown", (event) => {
      if (!event.altKey || event.ctrlKey || event.metaKey || !/^Digit[1-9]$/.test(event.code)) return;
      const button = form.querySelector<HTMLButtonElement>(`button[data-key="${event.code.slice(5)}"]`);
      if (!button) return;
      event.preventDefault();
      form.requestSubmit(button);
    });
  }
}

function keepDraft(form: HTMLFormElement, key: string): void {
  const fields = [...form.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>("textarea, input[name=time]")];
  const kept = read(key);
  // What the server gave back is newer than what was kept.
  if (fields.every((field) => !field.value)) fields.forEach((field) => (field.value = kept[field.name] ?? ""));
  form.addEventListener("input", () => {
    write(key, Object.fromEntries(fields.map((field) => [field.name, field.value])));
  });
  form.addEventListener("submit", () => write(key, {}));
}

function read(key: string): Record<string, string> {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key) ?? "{}");
    return typeof kept === "object" && kept !== null ? (kept as Record<string, string>) : {};
  } catch {
    return {};
  }
}

function write(key: string, fields: Record<string, string>): void {
  try {
    if (Object.values(fields).some(Boolean)) localStorage.setItem(key, JSON.stringify(fields));
    else localStorage.removeItem(key);
  } catch {
    // A browser that keeps nothing still sends the form.
  }
}
