import { readPreference, writePreference } from "./preferences";

const KEY = "tabs";

/** Keeps which tabs somebody chooses, and chooses those of the same name everywhere. */
export function startTabs(): void {
  const selected = remembered();
  for (const group of document.querySelectorAll<HTMLElement>(".tabs")) {
    const choice = selected.findLast((label) => inputOf(group, label));
    if (choice) check(group, choice);
  }
  addEventListener("change", (event) => {
    const input = event.target;
    if (!(input instanceof HTMLInputElement) || !input.parentElement?.matches(".tabs")) return;
    const label = input.labels?.[0]?.textContent ?? "";
    const place = input.getBoundingClientRect().top;
    for (const group of document.querySelectorAll<HTMLElement>(".tabs")) check(group, label);
    // What was chosen stays where it is, whatever grew or shrank above it.
    scrollBy({ top: input.getBoundingClientRect().top - place, behavior: "instant" });
    keep([...remembered().filter((other) => other !== label), label]);
  });
}

function inputOf(group: HTMLElement, label: string): HTMLInputElement | undefined {
  const labels = [...group.querySelectorAll<HTMLLabelElement>(":scope > label")];
  const found = labels.find((one) => one.textContent === label)?.control;
  return found instanceof HTMLInputElement ? found : undefined;
}

function check(group: HTMLElement, label: string): void {
  const input = inputOf(group, label);
  if (input) input.checked = true;
}

/** The labels chosen so far, the newest last. */
function remembered(): string[] {
  try {
    const kept: unknown = JSON.parse(readPreference(KEY) ?? "[]");
    return Array.isArray(kept) ? kept.filter((one) => typeof one === "string") : [];
  } catch {
    return [];
  }
}

function keep(labels: string[]): void {
  writePreference(KEY, JSON.stringify(labels.slice(-20)));
}
