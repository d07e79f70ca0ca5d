import { flush } from "./autosave";
import { startOrders } from "./order";

/** Checks one question of a lesson in place: the others stay as they are, with what is typed into them. */
export function startQuestions(): void {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || form.dataset["questions"] === undefined || event.defaultPrevented) return;
    const question = chosen(form, event.submitter);
    if (!question) return;
    event.preventDefault();
    if (form.dataset["sent"]) return;
    void check(form, question).catch(() => {
      // As without script, which shows what is wrong.
      delete form.dataset["questions"];
      delete form.dataset["sent"];
      form.requestSubmit(question.querySelector<HTMLButtonElement>("button[formaction]"));
    });
  });
}

/** The question whose button was pressed, or in whose field Enter was. */
function chosen(form: HTMLFormElement, submitter: HTMLElement | null): HTMLElement | null {
  const pressed = submitter?.hasAttribute("formaction") ? submitter : document.activeElement;
  const question = pressed?.closest<HTMLElement>(".question") ?? null;
  return question?.querySelector(`button[formaction][form="${CSS.escape(form.id)}"]`) ? question : null;
}

async function check(form: HTMLFormElement, question: HTMLElement): Promise<void> {
  const button = question.querySelector<HTMLButtonElement>("button[formaction]");
  if (!button) return;
  await flush(form);
  const fields = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (typeof value === "string") fields.append(name, value);
  const answer = await fetch(button.formAction, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: fields,
  });
  if (!answer.ok && answer.status !== 422) throw new Error(String(answer.status));
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById(question.id);
  if (!fresh) throw new Error("the question is gone");
  const shown = document.importNode(fresh, true);
  question.replaceWith(shown);
  document.dispatchEvent(new CustomEvent("live"));
  startOrders();
  delete form.dataset["sent"];
  const told = shown.querySelector<HTMLElement>(".judgement, .error");
  told?.setAttribute("tabindex", "-1");
  told?.focus();
}
