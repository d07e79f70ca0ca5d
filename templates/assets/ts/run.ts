import { barOf, commandsOf, typedIn } from "./copy";
import { type Outcome, openLabChannel, readMessage } from "./lab-channel";

/** How long an open lab page may take to answer before another is opened, in milliseconds. */
const ANSWER_WITHIN = 600;
/** How long the one that is opened may take until its terminal is connected, in milliseconds. */
const OPENS_WITHIN = 20_000;

const ANSWERS: Record<Outcome, string> = {
  typed: "Typed into the terminal of your lab, in its own tab. Press Enter there to run it.",
  standing: "It stands in the terminal of your lab already, in its own tab. Press Enter there to run it.",
  occupied: "Another command stands in the terminal of your lab, not run yet. Press Enter there to run it, or Ctrl and C to drop it; then type this one.",
};

/** On a page whose lab is open, gives commands a button that types them into the lab's terminal. */
export async function startRun(): Promise<void> {
  const lab = document.querySelector<HTMLElement>("[data-lab]")?.dataset["lab"];
  if (!lab || blocksIn(document).length === 0) return;
  const answer = await fetch(`/labs/${lab}/status`, { headers: { accept: "application/json" } }).catch(() => undefined);
  if (!answer?.ok) return;
  const session = (await answer.json()) as { state?: string };
  const channel = session.state === "ready" ? openLabChannel() : undefined;
  if (!channel) return;
  const typist = new Typist(channel, lab);
  addButtons(document, typist);
  document.addEventListener("live", (event) => {
    if (event.target instanceof HTMLElement) addButtons(event.target, typist);
  });
}

function blocksIn(root: ParentNode): HTMLElement[] {
  return [...root.querySelectorAll<HTMLElement>(".code:is([data-language=console], [data-language=sh]) > pre")];
}

function addButtons(root: ParentNode, typist: Typist): void {
  for (const block of blocksIn(root)) {
    const frame = block.parentElement;
    // What a program printed is nothing to type.
    if (!frame || (frame.dataset["language"] === "console" && !typedIn(block.textContent ?? ""))) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "run-button";
    button.textContent = "Type in lab";
    // It is there before it says anything, or screen readers would not tell of it.
    const note = document.createElement("p");
    note.className = "run-note";
    note.setAttribute("role", "status");
    button.addEventListener("click", () => typist.type(commandsOf(block), note));
    barOf(frame).append(button);
    frame.append(note);
  }
}

/** Hands commands to a page of the lab that is open, or opens one and waits until its terminal is connected. */
class Typist {
  readonly #channel: BroadcastChannel;
  readonly #lab: string;
  #timer = 0;

  constructor(channel: BroadcastChannel, lab: string) {
    this.#channel = channel;
    this.#lab = lab;
  }

  /** Has a command typed, and says below it what became of that. */
  type(command: string, note: HTMLElement): void {
    const [lab, channel] = [this.#lab, this.#channel];
    const id = String(Math.random());
    const send = (): void => channel.postMessage({ kind: "command", lab, id, command });
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => {
      open(`/labs/${lab}`, `lab-${lab}`);
      say(note, "Your lab opens in another tab. The command is typed there once its terminal is connected.");
      this.#timer = window.setTimeout(() => {
        channel.onmessage = null;
        say(note, "The terminal of your lab didn't answer, so nothing was typed. Look at the lab's page, then try again.");
      }, OPENS_WITHIN);
    }, ANSWER_WITHIN);
    channel.onmessage = (event) => {
      const message = readMessage(event);
      if (message?.lab !== lab) return;
      if (message.kind === "ready") send();
      if (message.kind === "answer" && message.command === command) {
        clearTimeout(this.#timer);
        channel.onmessage = null;
        say(note, ANSWERS[message.outcome]);
      }
    };
    send();
  }
}

/** Says it there, and nowhere else any more; the same sentence again is heard again. */
function say(note: HTMLElement, text: string): void {
  for (const other of document.querySelectorAll<HTMLElement>(".run-note")) other.textContent = "";
  setTimeout(() => (note.textContent = text), 100);
}
