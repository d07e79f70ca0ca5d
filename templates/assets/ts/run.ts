import { announce } from "./announce";
import { barOf, commandsOf, typedIn } from "./copy";
import { openLabChannel, readMessage } from "./lab-channel";

/** How long an open lab page may take to answer before another is opened, in milliseconds. */
const ANSWER_WITHIN = 600;

/** In a lesson whose lab is open, gives commands a button that types them into the lab's terminal. */
export async function startRun(): Promise<void> {
  const lab = document.querySelector<HTMLElement>("[data-lab]")?.dataset["lab"];
  const blocks = document.querySelectorAll<HTMLElement>(".code:is([data-language=console], [data-language=sh]) > pre");
  if (!lab || blocks.length === 0) return;
  const answer = await fetch(`/labs/${lab}/status`, { headers: { accept: "application/json" } }).catch(() => undefined);
  if (!answer?.ok) return;
  const session = (await answer.json()) as { state?: string };
  const channel = session.state === "ready" ? openLabChannel() : undefined;
  if (!channel) return;
  for (const block of blocks) {
    // What a program printed is nothing to type.
    if (block.parentElement?.dataset["language"] === "console" && !typedIn(block.textContent ?? "")) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "run-button";
    button.textContent = "Type in lab";
    button.addEventListener("click", () => type(channel, lab, commandsOf(block)));
    if (block.parentElement) barOf(block.parentElement).append(button);
  }
}

let timer = 0;

/** Hands the command to a page of the lab that is open, or opens one and waits until its terminal is connected. */
function type(channel: BroadcastChannel, lab: string, command: string): void {
  const send = (): void => channel.postMessage({ kind: "command", lab, command });
  clearTimeout(timer);
  timer = window.setTimeout(() => {
    open(`/labs/${lab}`, `lab-${lab}`);
    announce("The lab opens in another tab.");
  }, ANSWER_WITHIN);
  channel.onmessage = (event) => {
    const message = readMessage(event);
    if (message?.lab !== lab) return;
    if (message.kind === "ready") send();
    if (message.kind === "typed") {
      clearTimeout(timer);
      channel.onmessage = null;
      announce("Typed into the terminal of the lab. Press Enter there to run it.");
    }
  };
  send();
}
