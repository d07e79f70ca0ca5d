import type { Terminal } from "@xterm/xterm";

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 20_000;

/** How a state of the connection is meant: `good` while typing reaches the shell, `busy` on the way there, `bad` when it is over. */
export type Tone = "good" | "busy" | "bad";

type Say = (text: string, tone: Tone) => void;

/** The websocket between a terminal and its shell, opened again whenever it breaks. */
export class Link {
  readonly #path: string;
  readonly #terminal: Terminal;
  readonly #say: Say;
  readonly #bytes = new TextEncoder();
  #socket: WebSocket | undefined;
  #tries = 0;
  #timer = 0;
  #isOver = false;

  constructor(path: string, terminal: Terminal, say: Say) {
    this.#path = path;
    this.#terminal = terminal;
    this.#say = say;
    terminal.onData((text) => this.send(text));
    terminal.onBinary((text) => this.#write(Uint8Array.from(text, (letter) => letter.charCodeAt(0))));
    terminal.onResize(({ cols, rows }) => this.#tell({ resize: { cols, rows } }));
    addEventListener("online", this.#retryNow);
    this.#open();
  }

  /** Types `text`. */
  send(text: string): void {
    this.#write(this.#bytes.encode(text));
  }

  /** Ends the connection for good. */
  close(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    removeEventListener("online", this.#retryNow);
    this.#socket?.close(1000);
  }

  #open(): void {
    this.#say(this.#tries === 0 ? "Connecting…" : "Connecting again…", "busy");
    const { cols, rows } = this.#terminal;
    const url = new URL(this.#path, location.href);
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    url.search = new URLSearchParams({ cols: String(cols), rows: String(rows) }).toString();
    const socket = new WebSocket(url);
    socket.binaryType = "arraybuffer";
    socket.addEventListener("open", () => {
      this.#tries = 0;
      this.#say("Connected", "good");
    });
    socket.addEventListener("message", (event: MessageEvent<ArrayBuffer | string>) => this.#read(event.data));
    socket.addEventListener("close", () => {
      if (!this.#isOver && this.#socket === socket) this.#wait();
    });
    this.#socket = socket;
  }

  #read(data: ArrayBuffer | string): void {
    if (typeof data !== "string") {
      this.#terminal.write(new Uint8Array(data));
      return;
    }
    const told = JSON.parse(data) as { notice?: string; ended?: string };
    if (told.notice !== undefined) this.#note(told.notice);
    if (told.ended !== undefined) {
      this.#note(told.ended);
      this.#say(`Ended: ${told.ended}`, "bad");
      this.close();
    }
  }

  #note(text: string): void {
    this.#terminal.write(`\r\n\x1b[2m${text}\x1b[0m\r\n`);
  }

  #wait(): void {
    const limit = Math.min(FIRST_WAIT_MS * 2 ** this.#tries, LONGEST_WAIT_MS);
    // Half of the wait is left to chance, so that a whole class does not come back in the same instant.
    const wait = limit / 2 + Math.random() * (limit / 2);
    this.#tries += 1;
    const seconds = Math.max(1, Math.round(wait / 1000));
    this.#say(`The connection broke. Trying again in ${seconds} s…`, "busy");
    this.#timer = window.setTimeout(() => this.#open(), wait);
  }

  readonly #retryNow = (): void => {
    if (this.#isOver || this.#socket?.readyState === WebSocket.OPEN) return;
    clearTimeout(this.#timer);
    this.#open();
  };

  #write(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(bytes);
  }

  #tell(message: object): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }
}
