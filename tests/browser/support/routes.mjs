// The addresses that the program answers, read from the table in its source.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { REPOSITORY } from "./site.mjs";

/** Every address that answers a GET, as the table of the router has it. */
export function listRoutes() {
  const source = readFileSync(join(REPOSITORY, "src/router.rs"), "utf8").replace(/\/\/.*$/gm, "");
  const routes = [...source.matchAll(/^ +Get +"(\/[^"]*)" /gm)].map(([, path]) => path ?? "");
  const gets = source.match(/\bGet\b/g)?.length ?? 0;
  assert.ok(gets > 0 && routes.length === gets, `the router has ${gets} addresses with a GET, of which these were understood: ${routes.join(" ")}`);
  return routes;
}
