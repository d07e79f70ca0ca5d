// The arrow keys in a trace's tree: up and down among the rows that are shown, right to open what is below a row or go
// into it, left to close it or go to the row above, as in every tree. Enter opens the row itself, by the browser's own means.

const LINE = ".span-line";

document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const target = event.target instanceof HTMLElement ? event.target : undefined;
  const row = target?.closest<HTMLElement>(".waterfall .span");
  // Within what a row opens with, the keys are the browser's.
  if (!target || !row || !target.matches(`${LINE}, .span-below > summary`)) return;
  const next = move(event.key, row);
  if (next === undefined) return;
  event.preventDefault();
  lineOf(next)?.focus();
});

function move(key: string, row: HTMLElement): HTMLElement | undefined {
  const rows = shownRows();
  const place = rows.indexOf(row);
  const below = row.querySelector<HTMLDetailsElement>(":scope > .span-below");
  switch (key) {
    case "ArrowDown":
      return rows[place + 1] ?? row;
    case "ArrowUp":
      return rows[place - 1] ?? row;
    case "Home":
      return rows[0];
    case "End":
      return rows.at(-1);
    case "ArrowRight":
      if (below?.open) return below.querySelector<HTMLElement>(".span") ?? row;
      if (below) below.open = true;
      return row;
    case "ArrowLeft":
      if (!below?.open) return row.parentElement?.closest<HTMLElement>(".span") ?? row;
      below.open = false;
      return row;
    default:
      return undefined;
  }
}

function lineOf(row: HTMLElement): HTMLElement | null {
  return row.querySelector<HTMLElement>(LINE);
}

function shownRows(): HTMLElement[] {
  const rows = document.querySelectorAll<HTMLElement>(".waterfall .span");
  return [...rows].filter((row) => !row.parentElement?.closest(".span-below:not([open])"));
}
