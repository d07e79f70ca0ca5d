import type { Terminal } from "@xterm/xterm";

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 20_000;
/** What is typed or pasted goes out in pieces of so many bytes, and no more of them wait in the browser than that. */
const PIECE_BYTES = 16 * 1024;
const MAX_BUFFERED_BYTES = 64 * 1024;
const BUFFER_LOOK_MS = 20;
/** How much output is shown before the server is told so. */
const ACK_BYTES = 64 * 1024;

/** How a state of the connection is meant: `good` while typing reaches the shell, `busy` on the way there, `bad` when it is over. */
export type Tone = "good" | "busy" | "bad";

type Say = (text: string, tone: Tone) => void;

/** Where a terminal connects, and the address that the site takes itself to have. */
export interface Place {
  path: string;
  origin: string;
}

/** The websocket between a terminal and its shell, opened again whenever it breaks. */
export class Link {
  readonly #place: Place;
  readonly #terminal: Terminal;
  readonly #say: Say;
  readonly #bytes = new TextEncoder();
  #socket: WebSocket | undefined;
  #attempts = 0;
  #timer = 0;
  #isOver = false;
  #outbox: Uint8Array<ArrayBuffer>[] = [];
  #outboxTotal = 0;
  #outboxTimer = 0;
  #shown = 0;

  constructor(place: Place, terminal: Terminal, say: Say) {
    this.#place = place;
    this.#terminal = terminal;
    this.#say = say;
    terminal.onBinary((text) => this.#write(Uint8Array.from(text, (letter) => letter.charCodeAt(0))));
    terminal.onResize(({ cols, rows }) => this.#tell({ resize: { cols, rows } }));
    addEventListener("online", this.#retryNow);
    const own = new URL(place.origin, location.href).origin;
    if (own === location.origin) this.#open();
    // The server would refuse, and a browser does not let a page read why.
    else this.#end(`This page was opened at ${location.origin}, but the site's address is ${own}. Open it there, or have server.public_url set to ${location.origin}.`);
  }

  /** Types `text`. */
  send(text: string): void {
    this.#write(this.#bytes.encode(text));
  }

  /** Ends the connection for good. */
  close(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#outboxTimer);
    removeEventListener("online", this.#retryNow);
    this.#socket?.close(1000);
  }

  #open(): void {
    this.#say(this.#attempts === 0 ? "Connecting…" : "Connecting again…", "busy");
    const { cols, rows } = this.#terminal;
    const url = new URL(this.#place.path, location.href);
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    url.search = new URLSearchParams({ cols: String(cols), rows: String(rows), acks: "1" }).toString();
    const socket = new WebSocket(url);
    socket.binaryType = "arraybuffer";
    socket.addEventListener("open", () => {
      this.#attempts = 0;
      this.#shown = 0;
      // A size that came while it connected could not be told, and the shell would draw for another screen.
      const now = { cols: this.#terminal.cols, rows: this.#terminal.rows };
      if (now.cols !== cols || now.rows !== rows) this.#tell({ resize: now });
      this.#say("Connected", "good");
    });
    socket.addEventListener("message", (event: MessageEvent<ArrayBuffer | string>) => this.#read(event.data));
    socket.addEventListener("close", () => {
      if (this.#isOver || this.#socket !== socket) return;
      this.#dropOutbox();
      this.#wait();
    });
    this.#socket = socket;
  }

  #read(data: ArrayBuffer | string): void {
    if (typeof data !== "string") {
      this.#terminal.write(new Uint8Array(data), () => this.#acknowledge(data.byteLength));
      return;
    }
    const told = JSON.parse(data) as { notice?: string; ended?: string };
    if (told.notice !== undefined) this.#note(told.notice);
    if (told.ended !== undefined) this.#end(told.ended);
  }

  #end(why: string): void {
    this.#note(why);
    this.#say(`Ended: ${why}`, "bad");
    this.close();
  }

  /** Lets the server go on once what it sent is on the screen, so that Ctrl+C never waits behind a flood. */
  #acknowledge(bytes: number): void {
    this.#shown += bytes;
    if (this.#shown < ACK_BYTES) return;
    this.#tell({ ack: this.#shown });
    this.#shown = 0;
  }

  #note(text: string): void {
    this.#terminal.write(`\r\n\x1b[2m${text}\x1b[0m\r\n`);
  }

  #wait(): void {
    const limit = Math.min(FIRST_WAIT_MS * 2 ** this.#attempts, LONGEST_WAIT_MS);
    // Half of the wait is left to chance, so that a whole class does not come back in the same instant.
    const wait = limit / 2 + Math.random() * (limit / 2);
    this.#attempts += 1;
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
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    for (let start = 0; start < bytes.length; start += PIECE_BYTES) {
      this.#outbox.push(bytes.subarray(start, start + PIECE_BYTES));
      this.#outboxTotal += 1;
    }
    clearTimeout(this.#outboxTimer);
    this.#empty(this.#socket);
  }

  /** Sends what waits, a chunk at a time, as fast as the connection takes it. */
  #empty(socket: WebSocket): void {
    while (this.#outbox.length > 0 && socket.bufferedAmount < MAX_BUFFERED_BYTES) {
      const chunk = this.#outbox.shift();
      if (chunk) socket.send(chunk);
    }
    if (this.#outbox.length > 0) {
      this.#say(`Pasting, ${Math.floor(100 - (100 * this.#outbox.length) / this.#outboxTotal)} % sent…`, "busy");
      this.#outboxTimer = window.setTimeout(() => this.#empty(socket), BUFFER_LOOK_MS);
      return;
    }
    if (this.#outboxTotal > MAX_BUFFERED_BYTES / PIECE_BYTES) this.#say("Connected", "good");
    this.#outboxTotal = 0;
  }

  #dropOutbox(): void {
    clearTimeout(this.#outboxTimer);
    const bytes = this.#outbox.reduce((sum, chunk) => sum + chunk.length, 0);
    if (bytes > 0) this.#note(`The last ${Math.ceil(bytes / 1024)} KiB of what you pasted did not arrive.`);
    this.#outbox = [];
    this.#outboxTotal = 0;
  }

  #tell(message: object): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }
}
