import { announce } from "./announce";

/** Lets things be put in order by moving them; the numbers, which do it without script, follow and are put out of sight. */
export function startOrders(): void {
  for (const list of document.querySelectorAll<HTMLElement>("[data-order]:not(.order-movable)")) {
    for (const item of itemsOf(list)) item.querySelector(".order-text")?.after(buttonsOf(list, item));
    list.classList.add("order-movable");
    const hint = list.closest("fieldset")?.querySelector("legend .hint");
    if (hint) hint.textContent = "Move the lines up and down until they stand in order.";
    number(list);
  }
}

function itemsOf(list: HTMLElement): HTMLElement[] {
  return [...list.querySelectorAll<HTMLElement>(":scope > li")];
}

function textOf(item: HTMLElement): string {
  return item.querySelector(".order-text")?.textContent?.trim() ?? "";
}

function buttonsOf(list: HTMLElement, item: HTMLElement): HTMLElement {
  const group = document.createElement("span");
  group.className = "order-moves";
  for (const [words, sign, by] of [["up", "↑", -1], ["down", "↓", 1]] as const) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button-small";
    button.dataset["move"] = words;
    button.setAttribute("aria-label", `Move ${words}: ${textOf(item)}`);
    button.textContent = sign;
    button.addEventListener("click", () => move(list, item, by, button));
    group.append(button);
  }
  group.addEventListener("keydown", (event) => {
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (by === undefined || !(event.target instanceof HTMLButtonElement)) return;
    event.preventDefault();
    move(list, item, by, event.target);
  });
  return group;
}

function move(list: HTMLElement, item: HTMLElement, by: number, button: HTMLButtonElement): void {
  const items = itemsOf(list);
  const other = items[items.indexOf(item) + by];
  if (!other) return;
  if (by < 0) other.before(item);
  else other.after(item);
  // What was said of the last answer no longer fits where things stand now.
  for (const judged of items) judged.classList.remove("choice-right", "choice-wrong");
  number(list);
  item.querySelector("select")?.dispatchEvent(new Event("change", { bubbles: true }));
  // Moving an element takes the focus from it.
  button.focus();
  announce(`${textOf(item)}: now ${itemsOf(list).indexOf(item) + 1} of ${items.length}.`);
}

/** Gives each item the number of its place, in the field that the form sends. */
function number(list: HTMLElement): void {
  const items = itemsOf(list);
  for (const [place, item] of items.entries()) {
    const select = item.querySelector("select");
    if (select) select.selectedIndex = place + 1;
    for (const button of item.querySelectorAll<HTMLButtonElement>("[data-move]")) {
      const isEnd = button.dataset["move"] === "up" ? place === 0 : place === items.length - 1;
      // Not `disabled`, which would throw the focus away under the fingers of whoever moved it here.
      button.setAttribute("aria-disabled", String(isEnd));
    }
  }
}
