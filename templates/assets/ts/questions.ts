import { learn } from "./autosave";
import { startOrders } from "./order";

/** Checks one question of a lesson in place: the others stay as they are, with what is typed into them. */
export function startQuestions(): void {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || form.dataset["questions"] === undefined || event.defaultPrevented) return;
    const button = chosen(form, event.submitter);
    if (!button) return;
    event.preventDefault();
    if (form.dataset["sent"]) return;
    void check(form, button).catch(() => {
      // As without script, which shows what is wrong.
      delete form.dataset["questions"];
      delete form.dataset["sent"];
      form.requestSubmit(button);
    });
  });
}

/** The button of a question that was pressed, or its first where Enter was in one of its fields. */
function chosen(form: HTMLFormElement, submitter: HTMLElement | null): HTMLButtonElement | null {
  const ofForm = `button[formaction][form="${CSS.escape(form.id)}"]`;
  if (submitter instanceof HTMLButtonElement && submitter.matches(`.question ${ofForm}`)) return submitter;
  return document.activeElement?.closest(".question")?.querySelector<HTMLButtonElement>(ofForm) ?? null;
}

async function check(form: HTMLFormElement, button: HTMLButtonElement): Promise<void> {
  const question = button.closest<HTMLElement>(".question");
  if (!question) return;
  const fields = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (typeof value === "string") fields.append(name, value);
  const answer = await fetch(button.formAction, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: fields,
  });
  if (!answer.ok && answer.status !== 422) throw new Error(String(answer.status));
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  learn(page.querySelector<HTMLMetaElement>("meta[name=now]")?.content);
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
