/** From which part of a limit on it is told how much is left. */
const TOLD_FROM = 0.8;

/** Tells below a text with `data-limit` how many characters are left, once it comes near its end, or are too many. */
export function startLimits(): void {
  document.addEventListener("input", (event) => {
    if (event.target instanceof HTMLTextAreaElement && event.target.dataset["limit"]) tell(event.target);
  });
  for (const text of document.querySelectorAll<HTMLTextAreaElement>("textarea[data-limit]")) tell(text);
}

function tell(text: HTMLTextAreaElement): void {
  const limit = Number(text.dataset["limit"]);
  // As the server counts: characters, not halves of them, and every line break as one.
  const used = [...text.value].length;
  if (used < limit * TOLD_FROM) return text.parentElement?.querySelector(".limit")?.remove();
  const note = text.parentElement?.querySelector(".limit") ?? add(text);
  const left = limit - used;
  const words = left < 0 ? `${format(-left)} too many` : `${format(left)} left`;
  note.textContent = words;
  note.classList.toggle("limit-passed", left < 0);
}

/** The note comes before it says anything, or screen readers would not tell of it. */
function add(text: HTMLTextAreaElement): Element {
  const note = document.createElement("p");
  note.className = "hint limit";
  note.setAttribute("role", "status");
  text.after(note);
  return note;
}

function format(count: number): string {
  return `${count.toLocaleString("en-GB")} character${count === 1 ? "" : "s"}`;
}
