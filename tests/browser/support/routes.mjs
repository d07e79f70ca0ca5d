// The addresses that the program answers, read from the table in its source.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { REPOSITORY } from "./site.mjs";

/** Every address that answers a GET, as the router writes it. */
export function listRoutes() {
  let source = readFileSync(join(REPOSITORY, "src/router.rs"), "utf8").replace(/\/\/.*$/gm, "");
  for (const [, name, text] of source.matchAll(/let (\w+) = "([^"]*)";/g)) {
    source = source.replaceAll(`{${name}}`, text ?? "").replaceAll(`route(${name},`, `route("${text}",`);
  }
  // Between one address and the next stand the methods that it answers.
  const pieces = source.split(/(?:route|resource)\(\s*(?:&format!\(\s*)?"(\/[^"]*)"/).slice(1);
  const routes = pieces.flatMap((path, place) => {
    const rest = pieces[place + 1] ?? "";
    return place % 2 === 0 && /\bget\(\)/.test(rest) ? [path.replaceAll("{{", "{").replaceAll("}}", "}")] : [];
  });
  const gets = source.match(/(?<!\bfn )\bget\(\)/g)?.length ?? 0;
  assert.equal(routes.length, gets, `the router has ${gets} addresses with a GET, of which these were understood: ${routes.join(" ")}`);
  return routes;
}
