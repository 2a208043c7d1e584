// Bundle the console: console/src -> build/console (or the folder that is named), with the hash of its content in each name.
import { build } from "esbuild";
import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";

const out = process.argv[2] ?? "../build/console";
await rm(join(out, "assets"), { recursive: true, force: true });
const result = await build({
  entryPoints: { console: "src/main.tsx", styles: "src/styles.css" },
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  jsx: "automatic",
  jsxImportSource: "preact",
  entryNames: "[name]-[hash]",
  outdir: join(out, "assets"),
  metafile: true,
  logLevel: "warning",
});
await cp("public", out, { recursive: true });
const names = Object.keys(result.metafile.outputs).map((name) => basename(name));
const named = (start, end) => names.find((name) => name.startsWith(start) && name.endsWith(end));
const page = await readFile("public/index.html", "utf8");
await writeFile(
  join(out, "index.html"),
  page.replace("console.js", named("console-", ".js")).replace("styles.css", named("styles-", ".css")),
);
