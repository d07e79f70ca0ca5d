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
