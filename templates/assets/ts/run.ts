import { barOf, commandsOf } from "./copy";
import { type LabCommand, type Outcome, openLabChannel, readMessage } from "./lab-channel";

/** How long an open lab page may take to answer before another is opened, in milliseconds. */
const ANSWER_WITHIN = 600;
/** How long the one that is opened may take until its terminal is connected, in milliseconds. */
const OPENS_WITHIN = 20_000;
/** After how long a shell that does not show its prompt yet is asked again, in milliseconds. */
const ASKS_AGAIN_AFTER = 200;

/** Where the terminal is, as seen from the page with the command: whose it is, and the tab that it is in. */
interface Place {
  readonly whose: string;
  readonly tab: string;
}

const HERE: Place = { whose: "", tab: "" };
const ELSEWHERE: Place = { whose: " of your lab", tab: ", in its own tab" };

const ANSWERS: Record<Outcome, (place: Place) => string> = {
  typed: ({ whose, tab }) => `Typed into the terminal${whose}${tab}. Press Enter there to run it.`,
  standing: ({ whose, tab }) => `It stands in the terminal${whose} already${tab}. Press Enter there to run it.`,
  occupied: ({ whose }) =>
    `Another command stands in the terminal${whose}, not run yet. Press Enter there to run it, or Ctrl and C to drop it; then type this one.`,
  unsafe: ({ whose }) =>
    `Nothing was typed: whatever runs in the terminal${whose} would take each line as soon as it comes. Go back to the prompt, then type it.`,
};

/**
 * On a page that belongs to a lab, gives commands for the lab a button that types them into its terminal: the one on this page,
 * or the one in another tab. Enter is always left to the person: a command may be of several lines, or delete something.
 */
export function startRun(): void {
  const lab = document.querySelector<HTMLElement>("[data-lab]")?.dataset["lab"];
  const channel = lab && blocksIn(document).length > 0 ? openLabChannel() : undefined;
  if (!lab || !channel) return;
  const typist = new Typist(channel, lab);
  addButtons(document, typist);
  document.addEventListener("live", (event) => {
    if (event.target instanceof HTMLElement) addButtons(event.target, typist);
  });
}

function blocksIn(root: ParentNode): HTMLElement[] {
  return [...root.querySelectorAll<HTMLElement>(".code[data-cluster=lab] > pre")];
}

function addButtons(root: ParentNode, typist: Typist): void {
  for (const block of blocksIn(root)) {
    const frame = block.parentElement;
    if (!frame || frame.querySelector(".run-button")) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "run-button";
    button.textContent = "Put into the lab's terminal";
    button.title = "You press Enter there";
    // It is there before it says anything, or screen readers would not tell of it.
    const note = document.createElement("p");
    note.className = "run-note";
    note.setAttribute("role", "status");
    button.addEventListener("click", () => void typist.type(commandsOf(block), note));
    barOf(frame).append(button);
    frame.append(note);
  }
}

/** Hands commands to a page of the lab that is open, or opens one and waits until its terminal is connected. */
class Typist {
  readonly #channel: BroadcastChannel;
  readonly #lab: string;
  #timer = 0;
  #retry = 0;

  constructor(channel: BroadcastChannel, lab: string) {
    this.#channel = channel;
    this.#lab = lab;
  }

  /** Has a command typed, and says below it what became of that. */
  async type(command: string, note: HTMLElement): Promise<void> {
    this.#forget();
    const state = await findState(this.#lab);
    const url = `/labs/${this.#lab}`;
    if (state === undefined) return say(note, "The site did not answer, so nothing was typed. Try again in a moment.");
    if (state !== "ready") {
      const isOnItsWay = state === "queued" || state === "provisioning";
      return isOnItsWay
        ? say(note, "Your lab is being made, so nothing was typed yet.", { url, text: "See how far it is" })
        : say(note, "No lab is open, so nothing was typed.", { url, text: "Start the lab" });
    }
    if (document.querySelector("#terminal-panel")) this.#typeHere(command, note);
    else this.#typeElsewhere(command, note);
  }

  /** Neither asks nor listens any more. */
  #forget(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#retry);
    this.#channel.onmessage = null;
  }

  #typeHere(command: string, note: HTMLElement): void {
    const detail: LabCommand = { command, outcome: undefined };
    document.dispatchEvent(new CustomEvent<LabCommand>("lab-command", { detail }));
    if (detail.outcome) say(note, ANSWERS[detail.outcome](HERE));
    else say(note, "The terminal is not connected, so nothing was typed. Try again in a moment.");
  }

  #typeElsewhere(command: string, note: HTMLElement): void {
    const [lab, channel] = [this.#lab, this.#channel];
    let id = newId();
    let mayStillStart = false;
    const send = (): void => channel.postMessage({ kind: "command", lab, id, command });
    this.#timer = window.setTimeout(() => {
      open(`/labs/${lab}`, `lab-${lab}`);
      mayStillStart = true;
      say(note, "Your lab opens in another tab. The command is typed there once its shell is ready.");
      this.#timer = window.setTimeout(() => {
        this.#forget();
        say(note, "The terminal of your lab didn't answer, so nothing was typed. Look at the lab's page, then try again.");
      }, OPENS_WITHIN);
    }, ANSWER_WITHIN);
    channel.onmessage = (event) => {
      const message = readMessage(event);
      if (message?.lab !== lab) return;
      if (message.kind === "ready") send();
      if (message.kind !== "answer" || message.command !== command) return;
      // A shell that has just been started takes pasted lines together only once it shows its prompt. A question that was
      // answered is not answered again, so this is another one.
      if (message.outcome === "unsafe" && mayStillStart) {
        id = newId();
        this.#retry = window.setTimeout(send, ASKS_AGAIN_AFTER);
        return;
      }
      this.#forget();
      say(note, ANSWERS[message.outcome](ELSEWHERE));
    };
    send();
  }
}

function newId(): string {
  return String(Math.random());
}

/** The state of the person's session of a lab; none when the site does not say. */
async function findState(lab: string): Promise<string | undefined> {
  try {
    const answer = await fetch(`/labs/${lab}/status`, { headers: { accept: "application/json" } });
    if (!answer.ok) return undefined;
    return ((await answer.json()) as { state?: string }).state;
  } catch {
    return undefined;
  }
}

/** Says it there, with a link where one helps, and nowhere else any more; the same sentence again is heard again. */
function say(note: HTMLElement, text: string, link?: { url: string; text: string }): void {
  for (const other of document.querySelectorAll<HTMLElement>(".run-note")) other.textContent = "";
  setTimeout(() => {
    note.textContent = text;
    if (!link) return;
    const anchor = document.createElement("a");
    anchor.href = link.url;
    anchor.textContent = link.text;
    note.append(" ", anchor);
  }, 100);
}
