/** How long a form that was sent is not sent a second time, in milliseconds: longer than any double click. */
const SENDING_MS = 4000;

/**
 * Keeps a double click from sending a form twice. Its button comes back when the browser's Stop is pressed, when the page
 * returns from the cache, and in any case after a moment: no browser tells a page of every way in which sending can end.
 */
export function startForms(): void {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || form.method !== "post") return;
    if (form.dataset["sent"]) {
      event.preventDefault();
      return;
    }
    form.dataset["sent"] = "yes";
    const button = event.submitter;
    // Not `disabled`: that would drop the button's own name and value from the form.
    if (button instanceof HTMLButtonElement) {
      button.setAttribute("aria-disabled", "true");
      button.dataset["sending"] = "";
    }
    setTimeout(giveBack, SENDING_MS);
  });
  addEventListener("pageshow", giveBack);
  addEventListener("keydown", (event) => {
    if (event.key === "Escape") giveBack();
  });
  // Sent when a navigation is stopped, by the browsers that have it.
  (window as { navigation?: EventTarget }).navigation?.addEventListener("navigateerror", giveBack);
  const summary = document.querySelector<HTMLElement>(".error-summary");
  summary?.focus();
  summary?.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>("a[href^='#']") : null;
    const control = link && document.getElementById(link.hash.slice(1));
    // Script has buttons in place of the numbers of an order.
    if (!control || control.checkVisibility()) return;
    event.preventDefault();
    const instead = control.closest("fieldset")?.querySelector<HTMLElement>("button");
    instead?.scrollIntoView({ block: "center" });
    instead?.focus();
  });
}

function giveBack(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-sent]")) delete form.dataset["sent"];
  for (const button of document.querySelectorAll<HTMLElement>("button[data-sending]")) {
    button.removeAttribute("aria-disabled");
    delete button.dataset["sending"];
  }
}
