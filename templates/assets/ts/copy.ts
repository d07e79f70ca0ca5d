import { announce } from "./announce";

/** Gives every code block below `root` a button that copies its text. */
export function startCopyButtons(root: ParentNode): void {
  for (const block of root.querySelectorAll<HTMLElement>(".code > pre")) {
    const frame = block.parentElement;
    if (!frame || frame.querySelector(".copy-button")) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy-button";
    button.textContent = "Copy";
    button.addEventListener("click", () => void copy(block, button));
    barOf(frame).append(button);
  }
  for (const button of root.querySelectorAll<HTMLButtonElement>("button[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const source = document.getElementById(button.dataset["copy"] ?? "");
      if (source) void copy(source, button);
    });
  }
}

/** The bar of a block's buttons. */
export function barOf(frame: HTMLElement): HTMLElement {
  const existing = frame.querySelector<HTMLElement>(".code-bar");
  if (existing) return existing;
  const bar = document.createElement("div");
  bar.className = "code-bar";
  frame.append(bar);
  return bar;
}

async function copy(source: HTMLElement, button: HTMLButtonElement): Promise<void> {
  const before = button.textContent;
  try {
    await navigator.clipboard.writeText(commandsOf(source));
    button.textContent = "Copied";
    announce("Copied.");
  } catch {
    getSelection()?.selectAllChildren(source);
    button.textContent = "Selected";
    announce("The browser does not allow copying; the text is selected instead.");
  }
  setTimeout(() => (button.textContent = before), 2000);
}

/** The text of a block; of a console session only what was typed, without its prompts. */
export function commandsOf(source: HTMLElement): string {
  const text = (source.textContent ?? "").trimEnd();
  return source.parentElement?.dataset["language"] === "console" ? typedIn(text) || text : text;
}

/** What was typed in a console session: after each prompt, and on while lines end in a backslash. */
export function typedIn(text: string): string {
  const typed: string[] = [];
  let goesOn = false;
  for (const line of text.split("\n")) {
    const isTyped: boolean = goesOn || line.startsWith("$ ");
    if (isTyped) typed.push(goesOn ? line : line.slice(2));
    goesOn = isTyped && line.endsWith("\\");
  }
  return typed.join("\n");
}
