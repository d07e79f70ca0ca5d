import { readPreference, writePreference } from "./preferences";

const ARROWS_KEY = "arrow-keys";
const FIELDS = "input, textarea, select, [contenteditable]";

/**
 * Turns the pages of a lesson with the arrow keys, unless they are switched off, or somebody is writing: the focus was in a
 * field last, though a click beside it took it away, or a field holds what was not sent yet.
 */
export function startLessonKeys(): void {
  let wasInField = false;
  addEventListener("focusin", (event) => {
    // What only a click focuses, such as the whole page, is where one clicks beside a field.
    if (event.target instanceof HTMLElement && event.target.tabIndex >= 0) wasInField = event.target.matches(FIELDS);
  });
  for (const input of document.querySelectorAll<HTMLInputElement>("input[data-arrow-keys]")) {
    input.checked = readPreference(ARROWS_KEY) !== "off";
    input.addEventListener("change", () => writePreference(ARROWS_KEY, input.checked ? "on" : "off"));
  }
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    const target = event.target;
    // A focused region that scrolls sideways, a choice or a text needs its arrow keys itself.
    if (target instanceof Element && target.closest(`${FIELDS}, pre, [role=group], [role=dialog], dialog, .table-scroll, .xterm`)) return;
    if (wasInField || readPreference(ARROWS_KEY) === "off" || hasUnsent()) return;
    const link = document.querySelector<HTMLAnchorElement>(`.pager a[rel=${event.key === "ArrowLeft" ? "prev" : "next"}]`);
    link?.click();
  });
}

/** Whether a form holds something that the page did not come with. */
function hasUnsent(): boolean {
  const fields = document.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>("main :is(textarea, input)");
  return [...fields].some((field) =>
    field instanceof HTMLInputElement && ["checkbox", "radio"].includes(field.type)
      ? field.checked !== field.defaultChecked && !field.closest(".tabs")
      : field.type !== "hidden" && field.value !== field.defaultValue,
  );
}

/** Leads to search with Ctrl+K, or ⌘K: a key by itself would be in the way of those who speak to their computer. */
export function startSearchKey(): void {
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.key !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    if (event.target instanceof Element && event.target.closest(".xterm")) return;
    event.preventDefault();
    const field = document.querySelector<HTMLInputElement>("form.search input[type=search]");
    if (field) field.select();
    else document.querySelector<HTMLAnchorElement>(".search-link")?.click();
  });
}

/** Closes an open menu on Escape and on a click elsewhere. */
export function startMenus(): void {
  const open = (): NodeListOf<HTMLDetailsElement> => document.querySelectorAll<HTMLDetailsElement>("details[data-menu][open]");
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of open()) {
      menu.open = false;
      menu.querySelector("summary")?.focus();
    }
  });
  addEventListener("click", (event) => {
    for (const menu of open()) {
      if (event.target instanceof Node && !menu.contains(event.target)) menu.open = false;
    }
  });
}
