/**
 * What a terminal did with a command: typed it, or left it, since it, or another one from here, stands there not yet run, or
 * since what runs there would run each of its lines.
 */
export type Outcome = "typed" | "standing" | "occupied" | "unsafe";

/** A command for the terminal of the same page, which sets the outcome; none while it is not connected. */
export interface LabCommand {
  readonly command: string;
  outcome: Outcome | undefined;
}

/** What pages of one browser tell each other about commands for a lab's terminal; no other site can listen or speak here. */
export type LabMessage =
  /** A page has a command for the terminal of a lab; a repeated question has the same id. */
  | { kind: "command"; lab: string; id: string; command: string }
  /** A terminal is connected and takes commands. */
  | { kind: "ready"; lab: string }
  /** What a terminal did with the command. */
  | { kind: "answer"; lab: string; outcome: Outcome; command: string }
  /** Somebody went on typing behind the command, or ran it. */
  | { kind: "moved"; lab: string };

/** The channel of this site's pages, if the browser has any. */
export function openLabChannel(): BroadcastChannel | undefined {
  return "BroadcastChannel" in window ? new BroadcastChannel("lab") : undefined;
}

/** The message in an event, unless it is something else. */
export function readMessage(event: MessageEvent<unknown>): LabMessage | undefined {
  const data = event.data;
  return typeof data === "object" && data !== null && "kind" in data && "lab" in data ? (data as LabMessage) : undefined;
}
