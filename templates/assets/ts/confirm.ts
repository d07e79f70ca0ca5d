/**
 * Opens the page that asks before something cannot be undone as a dialog over this one: for a link or a form by GET with
 * `data-confirm`. Where the page cannot be had, the browser goes to it.
 */
export function startConfirm(): void {
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>("a[data-confirm]") : null;
    if (!link || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    void ask(link.href);
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !form.matches("[data-confirm]")) return;
    event.preventDefault();
    const url = new URL(form.action);
    url.search = new URLSearchParams([...new FormData(form)].map(([name, value]) => [name, String(value)])).toString();
    void ask(url.href, () => form.reset());
  });
}

let isAsking = false;

async function ask(url: string, cancel?: () => void): Promise<void> {
  if (isAsking) return;
  isAsking = true;
  const question = await findQuestion(url);
  isAsking = false;
  if (question) show(question, cancel);
  else location.assign(url);
}

/** The question of that page; none where it has another to show, as when the thing was done already. */
async function findQuestion(url: string): Promise<Element | null> {
  try {
    const answer = await fetch(url, { headers: { accept: "text/html" }, redirect: "manual" });
    if (!answer.ok) return null;
    return new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(".confirmation");
  } catch {
    return null;
  }
}

function show(question: Element, cancel?: () => void): void {
  const dialog = document.createElement("dialog");
  dialog.className = "dialog confirm-dialog";
  dialog.setAttribute("aria-labelledby", "confirmation-title");
  dialog.append(document.adoptNode(question));
  // The page has a heading of its own.
  const title = document.createElement("h2");
  title.id = "confirmation-title";
  title.textContent = question.querySelector("h1")?.textContent ?? "";
  question.querySelector("h1")?.replaceWith(title);
  dialog.addEventListener("close", () => {
    dialog.remove();
    cancel?.();
  });
  dialog.addEventListener("click", (event) => {
    const isCancel = event.target instanceof Element && event.target.closest("[data-cancel]");
    if (!isCancel && event.target !== dialog) return;
    event.preventDefault();
    dialog.close();
  });
  document.body.append(dialog);
  dialog.showModal();
  // Enter at once changes nothing.
  dialog.querySelector<HTMLElement>("[data-cancel]")?.focus();
}
