// Bundles the browser's files into dist/ under hashed names, with their compressed forms beside them.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, extname } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "esbuild";

const DIST = "dist";
const COMPRESSED = new Set([".css", ".js", ".svg"]);
const ENTRIES = ["ts/app.ts", "ts/terminal.ts", "ts/traces.ts", "css/app.css", "css/terminal.css", "css/traces.css"];
const ENTRY_NAMES = { "css/terminal.css": "terminal.css", "css/traces.css": "traces.css" };

const manifest = {};

/** Records a file of dist/ and writes its compressed forms. */
function record(logicalName, hashedName, bytes) {
  manifest[logicalName] = hashedName;
  if (!COMPRESSED.has(extname(hashedName))) return;
  const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } };
  writeFileSync(`${DIST}/${hashedName}.br`, brotliCompressSync(bytes, quality));
  writeFileSync(`${DIST}/${hashedName}.gz`, gzipSync(bytes, { level: 9 }));
}

/** Writes a file that esbuild has no part in. */
function emit(logicalName, text) {
  const bytes = Buffer.from(text);
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 8);
  const extension = extname(logicalName);
  const hashedName = `${basename(logicalName, extension)}-${hash}${extension}`;
  writeFileSync(`${DIST}/${hashedName}`, bytes);
  record(logicalName, hashedName, bytes);
}

/** One file with a symbol for each icon that icons.json names. */
function sprite() {
  const symbols = JSON.parse(readFileSync("icons.json", "utf8")).map((name) => {
    const source = readFileSync(`node_modules/lucide-static/icons/${name}.svg`, "utf8");
    const shapes = source.slice(source.indexOf(">", source.indexOf("<svg")) + 1, source.lastIndexOf("</svg>"));
    const stroke = 'fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round"';
    return `<symbol id="${name}" viewBox="0 0 24 24" ${stroke}>${shapes.replace(/\s+/g, " ").trim()}</symbol>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>`;
}

/** The logical name of an output: its entry's name, or the font's own name below fonts/. */
function logicalName(path, output) {
  if (output.entryPoint) {
    const entry = output.entryPoint;
    return ENTRY_NAMES[entry] ?? basename(entry).replace(/\.ts$/, ".js");
  }
  return path.slice(DIST.length + 1).replace(/-[A-Z0-9]{8}(?=\.)/, "");
}

rmSync(DIST, { recursive: true, force: true });
mkdirSync(DIST);

const { metafile } = await build({
  entryPoints: ENTRIES,
  outdir: DIST,
  bundle: true,
  minify: true,
  format: "esm",
  target: ["chrome123", "firefox121", "safari17.5"],
  entryNames: "[name]-[hash]",
  assetNames: "fonts/[name]-[hash]",
  loader: { ".woff2": "file" },
  legalComments: "none",
  metafile: true,
  logLevel: "warning",
});

for (const [path, output] of Object.entries(metafile.outputs)) {
  record(logicalName(path, output), path.slice(DIST.length + 1), readFileSync(path));
}
emit("icons.svg", sprite());
emit("mark.svg", readFileSync("img/mark.svg", "utf8"));
writeFileSync(`${DIST}/manifest.json`, JSON.stringify(manifest, Object.keys(manifest).sort(), 2));
console.log(`${Object.keys(manifest).length} files in ${DIST}/`);
