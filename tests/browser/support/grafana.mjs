// The stand-in for Grafana, started on a folder of its own, with the page that its sources give.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { REPOSITORY, freePort } from "./site.mjs";

const BINARY = resolve(REPOSITORY, process.env["GRAFANA_BINARY"] ?? "target/grafana-standin");
const PAGE = join(REPOSITORY, "deploy/local/standins/grafana/page/dist");
const START_WITHIN_MS = 120_000;
export const ADMIN = { user: "admin", password: "kelp and barnacles" };

export class Grafana {
  #folder = mkdtempSync(join(tmpdir(), "grafana-standin-"));
  #log = "";
  /** @type {import("node:child_process").ChildProcess | undefined} */
  #process;
  url = "";

  static async start() {
    const grafana = new Grafana();
    const port = await freePort();
    grafana.url = `http://localhost:${port}`;
    cpSync(PAGE, join(grafana.#folder, "public"), { recursive: true });
    const settings = {
      GF_SERVER_HTTP_ADDR: "127.0.0.1", GF_SERVER_HTTP_PORT: String(port), GF_PATHS_DATA: join(grafana.#folder, "data"),
      GF_PATHS_PROVISIONING: join(grafana.#folder, "provisioning"), GF_SECURITY_ADMIN_USER: ADMIN.user, GF_SECURITY_ADMIN_PASSWORD: ADMIN.password,
    };
    const child = spawn(BINARY, ["-public", join(grafana.#folder, "public")], { env: { ...process.env, ...settings }, cwd: grafana.#folder, stdio: ["ignore", "pipe", "pipe"] });
    grafana.#process = child;
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (bytes) => (grafana.#log += String(bytes)));
    child.on("error", (fault) => (grafana.#log += String(fault)));
    const until = Date.now() + START_WITHIN_MS;
    while (!(await fetch(`${grafana.url}/api/health`).then((answer) => answer.ok, () => false))) {
      assert.ok(Date.now() < until && child.exitCode === null, `the stand-in for Grafana did not start:\n${grafana.#log}`);
      await new Promise((done) => setTimeout(done, 50));
    }
    return grafana;
  }

  /**
   * Calls the API as the administrator.
   * @param {string} method
   * @param {string} path
   * @param {unknown} [body]
   */
  async call(method, path, body) {
    const credentials = Buffer.from(`${ADMIN.user}:${ADMIN.password}`).toString("base64");
    const headers = { authorization: `Basic ${credentials}`, "content-type": "application/json" };
    const answer = await fetch(this.url + path, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) });
    const text = await answer.text();
    assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
    return JSON.parse(text);
  }

  async stop() {
    if (this.#process && this.#process.exitCode === null) {
      const ended = once(this.#process, "exit");
      this.#process.kill("SIGTERM");
      await ended;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
