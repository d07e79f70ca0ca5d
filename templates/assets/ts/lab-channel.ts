/** What pages of one browser tell each other about commands for a lab's terminal; no other site can listen or speak here. */
export type LabMessage =
  /** A lesson has a command for the terminal of a lab. */
  | { kind: "command"; lab: string; command: string }
  /** A terminal is connected and takes commands. */
  | { kind: "ready"; lab: string }
  /** A terminal has typed the command. */
  | { kind: "typed"; lab: string };

/** The channel of this site's pages, if the browser has any. */
export function openLabChannel(): BroadcastChannel | undefined {
  return "BroadcastChannel" in window ? new BroadcastChannel("lab") : undefined;
}

/** The message in an event, unless it is something else. */
export function readMessage(event: MessageEvent<unknown>): LabMessage | undefined {
  const data = event.data;
  return typeof data === "object" && data !== null && "kind" in data && "lab" in data ? (data as LabMessage) : undefined;
}
