/** Keeps a form from being sent twice, and gives its buttons back when the page returns from the cache. */
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
  });
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    for (const form of document.querySelectorAll<HTMLFormElement>("form[data-sent]")) delete form.dataset["sent"];
    for (const button of document.querySelectorAll<HTMLElement>("button[data-sending]")) {
      button.removeAttribute("aria-disabled");
      delete button.dataset["sending"];
    }
  });
  document.querySelector<HTMLElement>(".error-summary")?.focus();
}
