/** Turns the pages of a lesson with the arrow keys. */
export function startLessonKeys(): void {
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    const target = event.target;
    // A focused region that scrolls sideways, a choice or a text needs its arrow keys itself.
    if (target instanceof Element && target.closest("input, textarea, select, [contenteditable], pre, [role=group], .table-scroll, .xterm")) return;
    const link = document.querySelector<HTMLAnchorElement>(`.pager a[rel=${event.key === "ArrowLeft" ? "prev" : "next"}]`);
    link?.click();
  });
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
