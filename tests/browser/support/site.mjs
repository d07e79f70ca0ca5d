// The real program, started on a database of its own, and stopped as a person would stop it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Mailbox } from "./mailbox.mjs";

export const REPOSITORY = resolve(import.meta.dirname, "../../..");
export const SHOTS = join(REPOSITORY, "tests/browser/shots");
const BINARY = resolve(REPOSITORY, process.env["SEAWORTHY_BINARY"] ?? "target/release/seaworthy");
const START_WITHIN_MS = 120_000;
const STOP_WITHIN_MS = 60_000;
const ANSWER_WITHIN_MS = 60_000;
/** Below those that the system gives to connections, and to listeners that ask for any: none of these takes one meanwhile. */
const PORTS = { first: 12_000, count: 20_000 };

/** @typedef {{ cluster?: boolean, host?: string, settings?: Record<string, string> }} SiteOptions */

export class Site {
  /** Those not ended yet. @type {Set<Site>} */
  static #running = new Set();
  #folder = mkdtempSync(join(tmpdir(), "seaworthy-browser-"));
  #log = "";
  /** @type {NodeJS.ProcessEnv} */
  #environment;
  /** @type {import("node:child_process").ChildProcess | undefined} */
  #process;
  url = "";
  mailbox = new Mailbox(join(this.#folder, "mail"));

  #host;

  /** @param {SiteOptions} options */
  constructor({ cluster = false, host = "127.0.0.1", settings = {} }) {
    this.#host = host;
    const own = Object.entries(process.env).filter(([name]) => !name.startsWith("SEAWORTHY_") && name !== "KUBECONFIG");
    /** @type {Record<string, string>} */
    const keys = {
      DATABASE__URL: `sqlite://${join(this.#folder, "seaworthy.db")}`,
      MAIL__FOLDER: this.mailbox.folder,
      SERVER__SECRET_FILE: join(this.#folder, "secret.key"),
      LABS__FOLDER: this.#linkLabs(),
      ...settings,
    };
    if (cluster) {
      keys["CLUSTER__KUBECONFIG"] = realCluster();
    } else {
      keys["CLUSTER__KUBECONFIG"] = this.kubeconfig;
      keys["CLUSTER__STATUS_FILE"] = join(this.#folder, "cluster/status.json");
    }
    const named = Object.entries(keys).map(([name, value]) => [`SEAWORTHY_${name}`, value]);
    this.#environment = { ...Object.fromEntries(own), ...Object.fromEntries(named) };
  }

  /** The shipped labs, with those of `tests/labs` in the place of those with the same name. */
  #linkLabs() {
    const folder = join(this.#folder, "labs");
    mkdirSync(folder);
    for (const labs of ["tests/labs", "labs"]) {
      for (const name of readdirSync(join(REPOSITORY, labs))) {
        if (!existsSync(join(folder, name))) symlinkSync(join(REPOSITORY, labs, name), join(folder, name));
      }
    }
    return folder;
  }

  /**
   * Starts the program and waits until it answers.
   * @param {SiteOptions} options
   */
  static async start(options = {}) {
    const site = new Site(options);
    Site.#running.add(site);
    try {
      await site.#serve();
    } catch (fault) {
      await site.abandon();
      throw new Error(`the program did not start:\n${site.#log}`, { cause: fault });
    }
    return site;
  }

  /** Ends every program at once, for when the tests themselves are being ended. */
  static killAll() {
    for (const site of Site.#running) site.#process?.kill("SIGKILL");
  }

  /** Ends every program that a test has left behind. */
  static async abandonAll() {
    for (const site of Site.#running) await site.abandon();
  }

  /** Where the kubeconfig of a site without a cluster would be. */
  get kubeconfig() {
    return join(this.#folder, "cluster/kubeconfig");
  }

  /**
   * Waits until the log says something.
   * @param {string} words
   */
  async waitForLog(words) {
    const until = Date.now() + ANSWER_WITHIN_MS;
    while (!this.#log.includes(words)) {
      assert.ok(Date.now() < until, `the log does not say "${words}":\n${this.#log}`);
      await new Promise((done) => setTimeout(done, 50));
    }
  }

  /** The link that makes the first admin, as the program printed it. */
  get adminLink() {
    const link = /http\S+\/first-admin\/\S+/.exec(this.#log);
    assert.ok(link, `no link for the first admin in:\n${this.#log}`);
    return link[0];
  }

  async #serve() {
    const port = await freePort();
    this.url = `http://localhost:${port}`;
    this.#environment["SEAWORTHY_SERVER__LISTEN"] = `${this.#host}:${port}`;
    const child = spawn(BINARY, ["serve"], { env: this.#environment, cwd: this.#folder, stdio: ["ignore", "pipe", "pipe"] });
    this.#process = child;
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (bytes) => (this.#log += String(bytes)));
    let hasEnded = false;
    const ended = once(child, "exit").then(([code]) => Promise.reject(new Error(`it ended with ${code}`)));
    ended.catch(() => (hasEnded = true));
    await Promise.race([ended, this.#answers(() => hasEnded)]);
  }

  /** @param {() => boolean} hasEnded */
  async #answers(hasEnded) {
    const until = Date.now() + START_WITHIN_MS;
    while (!hasEnded()) {
      const status = await fetch(`${this.url}/sign-in`).then((answer) => answer.status, () => 0);
      if (status === 200) return;
      if (Date.now() > until) throw new Error(`no answer within ${START_WITHIN_MS / 1000} s`);
      await new Promise((done) => setTimeout(done, 50));
    }
  }

  /**
   * Runs a command of the program on this site's data, and gives what it printed.
   * @param {string[]} command
   * @param {string} input
   */
  async run(command, input = "") {
    const child = spawn(BINARY, command, { env: this.#environment, cwd: this.#folder, stdio: ["pipe", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (bytes) => (output += String(bytes)));
    child.stdin.end(input);
    const [code] = await once(child, "close");
    assert.equal(code, 0, `seaworthy ${command.join(" ")}:\n${output}`);
    return output;
  }

  /**
   * Writes what the local cluster would say of its own start.
   * @param {Record<string, unknown>} status
   */
  tellClusterStatus(status) {
    mkdirSync(join(this.#folder, "cluster"), { recursive: true });
    const now = Date.now() * 1000;
    writeFileSync(join(this.#folder, "cluster/status.json"), JSON.stringify({ started_at_us: now, updated_at_us: now, ...status }));
  }

  /**
   * Puts the log beside the screenshots, for whoever looks into a failure.
   * @param {string} name
   */
  saveLog(name) {
    mkdirSync(SHOTS, { recursive: true });
    writeFileSync(join(SHOTS, `${name}.log`), this.#log);
  }

  /** Stops the program as a service manager does, and fails unless it ends cleanly and without a fault in its log. */
  async stop() {
    const child = this.#process;
    assert.ok(child && child.exitCode === null, `the program had ended by itself:\n${this.#log}`);
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    const late = AbortSignal.timeout(STOP_WITHIN_MS);
    const timer = once(late, "abort").then(() => Promise.reject(new Error(`it did not stop:\n${this.#log}`)));
    try {
      const [code, signal] = await Promise.race([ended, timer]);
      assert.deepEqual([code, signal], [0, null], `it did not stop cleanly:\n${this.#log}`);
    } finally {
      await this.abandon();
    }
    const faults = this.#log.split("\n").filter((line) => /\bERROR\b|panicked/.test(line));
    assert.deepEqual(faults, [], "faults in the log");
  }

  /** Ends the program, if it still runs, and removes its data. */
  async abandon() {
    Site.#running.delete(this);
    const child = this.#process;
    if (child?.pid && child.exitCode === null && child.signalCode === null) {
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

process.once("exit", () => Site.killAll());
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));

/** The kubeconfig of a real cluster; without one the labs cannot be tried, and nothing may say that they were. */
function realCluster() {
  const path = process.env["KUBECONFIG"] ?? "/var/lib/seaworthy-cluster/kubeconfig";
  assert.ok(existsSync(path), `the labs need a real cluster: there is no ${path}; set KUBECONFIG, or run deploy/local/start`);
  return path;
}

/** A port on which nothing listens. */
export async function freePort() {
  for (let tries = 0; tries < PORTS.count; tries += 1) {
    const port = PORTS.first + randomInt(PORTS.count);
    const server = createServer().listen(port, "127.0.0.1");
    const isFree = await once(server, "listening").then(() => true, () => false);
    if (!isFree) continue;
    server.close();
    await once(server, "close");
    return port;
  }
  throw new Error("no port is free");
}
