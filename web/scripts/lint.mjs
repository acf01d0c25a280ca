// The rules of this folder that the compiler does not know.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, extname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const web = dirname(dirname(fileURLToPath(import.meta.url)));
const SKIP = new Set(["node_modules", "dist", ".wire-check"]);
const MAX_LINES = 500;

const RULES = [
  [/dangerouslySetInnerHTML|\.innerHTML\b|\.outerHTML\b|insertAdjacentHTML|document\.write/, "makes markup out of text"],
  [/\beval\(|new Function\(/, "runs text as a program"],
  [/:\s*any\b|\bas any\b|<any>/, "switches the types off"],
  [/@ts-(ignore|nocheck|expect-error)/, "switches the compiler off"],
  [/console\.(log|debug|info|warn|error)/, "writes to the console", /^scripts\//],
  [/\b(TODO|FIXME|XXX)\b/, "leaves something undone", /^scripts\/lint\.mjs$/],
  [/\b(describe|it|test)\.(only|skip)\b/, "leaves tests out"],
  [/style="/, "has a style attribute, which the page's policy forbids", undefined, [".html"]],
  [/<script(?![^>]*\bsrc=)/, "has an inline script, which the page's policy forbids", undefined, [".html"]],
];

function* files(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (SKIP.has(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* files(path);
    else if ([".ts", ".tsx", ".mjs", ".js", ".html"].includes(extname(path))) yield path;
  }
}

function* problemsOf(path) {
  const name = relative(web, path);
  const lines = readFileSync(path, "utf8").split("\n");
  if (lines.length > MAX_LINES) yield `${name}: ${lines.length} lines, which is too much for one file`;
  for (const [pattern, what, except, only] of RULES) {
    if (name === "scripts/lint.mjs" || except?.test(name) || (only && !only.includes(extname(path)))) continue;
    for (const [index, line] of lines.entries()) if (pattern.test(line)) yield `${name}:${index + 1}: ${what}`;
  }
}

/** The lock file must pin everything, and name no place to fetch it from but the packages of this folder. */
function* problemsOfLock() {
  const lock = JSON.parse(readFileSync(join(web, "package-lock.json"), "utf8"));
  for (const [name, entry] of Object.entries(lock.packages)) {
    if (!name.startsWith("node_modules/") || entry.link) continue;
    if (!entry.integrity) yield `package-lock.json: ${name} has no checksum`;
    if (entry.resolved) yield `package-lock.json: ${name} names a host`;
  }
  for (const folder of [".", "client", "react", "app"]) {
    const manifest = JSON.parse(readFileSync(join(web, folder, "package.json"), "utf8"));
    const wanted = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.peerDependencies };
    for (const [name, version] of Object.entries(wanted)) {
      if (!/^\d+\.\d+\.\d+$/.test(version)) yield `${folder}/package.json: ${name} is not pinned to one version`;
    }
  }
}

const problems = [...[...files(web)].flatMap((path) => [...problemsOf(path)]), ...problemsOfLock()];
if (problems.length > 0) {
  console.error(problems.join("\n"));
  process.exit(1);
}
console.log("lint: nothing to complain about");
