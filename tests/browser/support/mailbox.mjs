// The folder that the program puts its mails into.
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

const ARRIVES_WITHIN_MS = 60_000;

/** @typedef {{ to: string, subject: string, text: string }} Mail */

export class Mailbox {
  /** @param {string} folder */
  constructor(folder) {
    this.folder = folder;
  }

  /**
   * Every mail so far, oldest first.
   * @returns {Mail[]}
   */
  list() {
    if (!existsSync(this.folder)) return [];
    const paths = readdirSync(this.folder).filter((name) => name.endsWith(".eml")).map((name) => join(this.folder, name));
    const aged = paths.map((path) => ({ path, time: statSync(path).mtimeMs })).sort((one, other) => one.time - other.time);
    return aged.map(({ path }) => parse(readFileSync(path, "utf8")));
  }

  /**
   * Waits for the newest mail to `address` whose subject matches.
   * @param {string} address
   * @param {RegExp} subject
   */
  async expect(address, subject) {
    const until = Date.now() + ARRIVES_WITHIN_MS;
    for (;;) {
      const mail = this.list().findLast((one) => one.to.includes(address) && subject.test(one.subject));
      if (mail) return mail;
      if (Date.now() > until) {
        const there = this.list().map((one) => `${one.to}: ${one.subject}`).join("\n");
        throw new Error(`no mail to ${address} about ${subject} came; there are:\n${there}`);
      }
      await new Promise((done) => setTimeout(done, 100));
    }
  }

  /**
   * The link in the newest mail to `address` whose subject matches.
   * @param {string} address
   * @param {RegExp} subject
   */
  async expectLink(address, subject) {
    const mail = await this.expect(address, subject);
    const link = /https?:\/\/\S+/.exec(mail.text);
    if (!link) throw new Error(`no link in:\n${mail.text}`);
    return link[0];
  }
}

/**
 * The headers that matter and the plain text of a mail with a plain and an HTML part.
 * @param {string} source
 * @returns {Mail}
 */
function parse(source) {
  const [head = "", ...rest] = source.split("\r\n\r\n");
  const unfolded = head.replace(/\r\n[ \t]+/g, " ");
  const header = (/** @type {string} */ name) => new RegExp(`^${name}: (.*)$`, "im").exec(unfolded)?.[1] ?? "";
  const [partHead = "", partBody = ""] = rest.join("\r\n\r\n").split(/^--.*\r\n/m)[1]?.split(/\r\n\r\n([\s\S]*)/) ?? [];
  return { to: header("To"), subject: decodeWords(header("Subject")), text: decode(partHead, partBody) };
}

/**
 * A header's encoded words (RFC 2047) as text.
 * @param {string} header
 */
function decodeWords(header) {
  return header.replace(/=\?utf-8\?b\?([^?]*)\?=\s*/gi, (_, encoded) => Buffer.from(encoded, "base64").toString("utf8"));
}

/**
 * A part's body, by the transfer encoding that its head names.
 * @param {string} head
 * @param {string} body
 */
function decode(head, body) {
  if (/quoted-printable/i.test(head)) {
    const bytes = body.replace(/=\r\n/g, "").replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
    return Buffer.from(bytes, "latin1").toString("utf8");
  }
  return /base64/i.test(head) ? Buffer.from(body, "base64").toString("utf8") : body;
}
