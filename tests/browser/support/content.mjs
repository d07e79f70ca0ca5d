// The lessons of the shipped module, read from their files.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { MODULE } from "./journeys.mjs";
import { REPOSITORY } from "./site.mjs";

const FOLDER = join(REPOSITORY, "content", MODULE);

/** Every lesson in the order of the course: its name in pictures, its address, and its source. */
export function listLessons() {
  const files = readdirSync(FOLDER, { recursive: true, encoding: "utf8" }).filter((file) => /\/\d+-[^/]+\.md$/.test(file));
  return files.sort().map((file) => {
    const name = file.replace(/\.md$/, "");
    const path = `/modules/${MODULE}/${name.replace(/(^|\/)\d+-/g, "$1")}`;
    return { name: name.replaceAll("/", "-"), path, source: readFileSync(join(FOLDER, file), "utf8") };
  });
}

/**
 * The address of the first lesson that asks a question of this kind.
 * @param {"single" | "multiple" | "order" | "short" | "text"} kind
 */
export function lessonThatAsks(kind) {
  const lesson = listLessons().find(({ source }) => source.includes(`kind = "${kind}"`));
  assert.ok(lesson, `no lesson asks a ${kind} question`);
  return lesson.path;
}
