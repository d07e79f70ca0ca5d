// Bundles the page into dist/: index.html and hashed files, which are served below /public/. With `test`, bundles the tests instead.
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { build } from "esbuild";

const shared = { bundle: true, jsx: "automatic", jsxImportSource: "preact", legalComments: "none", logLevel: "warning" };

if (process.argv[2] === "test") {
  const tests = readdirSync("test").filter((name) => name.endsWith(".test.ts"));
  rmSync("node_modules/.tests", { recursive: true, force: true });
  await build({
    ...shared,
    entryPoints: tests.map((name) => `test/${name}`),
    outdir: "node_modules/.tests",
    platform: "node",
    format: "esm",
    target: "node20",
    outExtension: { ".js": ".mjs" },
  });
} else {
  rmSync("dist", { recursive: true, force: true });
  const { metafile } = await build({
    ...shared,
    entryPoints: ["src/app.tsx", "src/app.css"],
    outdir: "dist",
    minify: true,
    format: "esm",
    target: ["chrome123", "firefox121", "safari17.5"],
    entryNames: "[name]-[hash]",
    metafile: true,
  });
  const names = Object.keys(metafile.outputs).map((path) => basename(path));
  const [script, style] = [".js", ".css"].map((end) => names.find((name) => name.endsWith(end)));
  const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'";
  writeFileSync(
    "dist/index.html",
    `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>Grafana stand-in</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/public/${style}">
<script type="module" src="/public/${script}"></script>
</head>
<body>
<div id="app"></div>
<noscript>This page draws dashboards with JavaScript. Its API works without: see /api/health.</noscript>
</body>
</html>
`,
  );
  console.log(`dist/index.html, ${names.join(", ")}`);
}
