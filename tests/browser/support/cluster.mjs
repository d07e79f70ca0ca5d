// What a learner deploys by a kubectl of their own, with the kubeconfig that the lab's page hands out.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { LAB } from "./journeys.mjs";
import { REPOSITORY } from "./site.mjs";

const PATHS = /** @type {Record<string, string>} */ ({
  Deployment: "apis/apps/v1/namespaces/{namespace}/deployments",
  Service: "api/v1/namespaces/{namespace}/services",
  Secret: "api/v1/namespaces/{namespace}/secrets",
});

/**
 * Deploys the four services of the demo in the visitor's running lab.
 * @param {import("./visitor.mjs").Visitor} visitor
 * @param {import("./site.mjs").Site} site
 */
export async function deploySystem(visitor, site) {
  const kubeconfig = await download(visitor, site);
  const text = readFileSync(join(REPOSITORY, "deploy/images/qotm/system.yaml"), "utf8");
  for (const document of text.split(/^---$/m)) {
    const kind = /^kind: (\w+)$/m.exec(document)?.[1] ?? "";
    const name = /^ {2}name: (\S+)$/m.exec(document)?.[1] ?? "";
    const folder = PATHS[kind];
    assert.ok(folder && name, `what is this?\n${document}`);
    await apply(kubeconfig, folder, name, document);
  }
}

/**
 * Annotates the Service of the visitor's running lab.
 * @param {import("./visitor.mjs").Visitor} visitor
 * @param {import("./site.mjs").Site} site
 * @param {Record<string, string>} annotations
 */
export async function annotateService(visitor, site, annotations) {
  const service = { apiVersion: "v1", kind: "Service", metadata: { name: "qotm", annotations } };
  await apply(await download(visitor, site), PATHS["Service"] ?? "", "qotm", JSON.stringify(service));
}

/**
 * @param {import("./visitor.mjs").Visitor} visitor
 * @param {import("./site.mjs").Site} site
 */
async function download(visitor, site) {
  const answer = await visitor.context.request.get(new URL(`${LAB}/kubeconfig`, site.url).href);
  return await answer.text();
}

/**
 * @param {string} kubeconfig
 * @param {string} key
 */
function valueOf(kubeconfig, key) {
  const value = new RegExp(`^\\s*(?:- )?${key}: (\\S+)$`, "m").exec(kubeconfig)?.[1];
  assert.ok(value, `the kubeconfig has no ${key}`);
  return value;
}

/**
 * @param {string} kubeconfig
 * @param {string} folder
 * @param {string} name
 * @param {string} body
 */
async function apply(kubeconfig, folder, name, body) {
  const namespace = valueOf(kubeconfig, "namespace");
  const path = `${folder.replace("{namespace}", namespace)}/${name}?fieldManager=kubectl&force=true`;
  const url = new URL(path, `${valueOf(kubeconfig, "server")}/`);
  const headers = { authorization: `Bearer ${valueOf(kubeconfig, "token")}`, "content-type": "application/apply-patch+yaml" };
  const ca = Buffer.from(valueOf(kubeconfig, "certificate-authority-data"), "base64");
  const [status, text] = await new Promise((done, fail) => {
    const sent = request(url, { method: "PATCH", headers, ca }, (answer) => {
      let said = "";
      answer.on("data", (bytes) => (said += String(bytes)));
      answer.on("end", () => done([answer.statusCode, said]));
    });
    sent.on("error", fail);
    sent.end(body);
  });
  assert.ok(status < 300, `${name}: ${status} ${text}`);
}
