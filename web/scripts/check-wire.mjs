// Checks client/src/wire/ against docs/wire/examples/: writes each example as a literal annotated with its type and
// lets the compiler judge. A literal with a field too many or too few does not compile, nor does a key on one side only.
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const web = dirname(dirname(fileURLToPath(import.meta.url)));
const out = join(web, ".wire-check");

/** The TypeScript source whose compiling means that examples and types agree. */
export function annotated(examples) {
  const lines = ['import type { Wire } from "../client/src/wire/index";', ""];
  const keys = (type, names) =>
    lines.push(`({ ${names.map((n) => `${JSON.stringify(n)}: true`).join(", ")} }) satisfies Record<keyof ${type}, true>;`);
  const literal = (type, value) => lines.push(`void (${JSON.stringify(value)} satisfies ${type});`);

  keys("Wire", Object.keys(examples));
  for (const [section, value] of Object.entries(examples)) {
    const type = `Wire[${JSON.stringify(section)}]`;
    if (section === "connect" || section === "error") {
      literal(type, value);
      continue;
    }
    keys(type, Object.keys(value));
    for (const [name, example] of Object.entries(value)) literal(`${type}[${JSON.stringify(name)}]`, example);
  }
  return lines.join("\n") + "\n";
}

/** What the compiler says about a source: empty when it compiles. */
export function compile(source) {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out);
  writeFileSync(join(out, "examples.ts"), source);
  const config = { extends: "../tsconfig.json", include: ["examples.ts"], exclude: [] };
  writeFileSync(join(out, "tsconfig.json"), JSON.stringify(config));
  const require = createRequire(import.meta.url);
  const tsc = join(dirname(require.resolve("typescript/package.json")), "bin", "tsc");
  const run = spawnSync(process.execPath, [tsc, "-p", out], { encoding: "utf8" });
  rmSync(out, { recursive: true, force: true });
  if (run.error) throw run.error;
  return run.status === 0 ? "" : run.stdout + run.stderr;
}

/** Proves that the check can fail, once for each way in which the two sides can drift apart. */
function selfTest(examples) {
  const drifts = {
    "a field too many": (e) => (e.pushes.ready.user.surprise = 1),
    "a field too few": (e) => delete e.pushes.newMessage.message.seq,
    "another type": (e) => (e.requests.joinChannel.ack.eventSeq = "42"),
    "an event without a type": (e) => (e.pushes.surprise = {}),
    "a type without an example": (e) => delete e.requests.sync,
  };
  for (const [what, drift] of Object.entries(drifts)) {
    const copy = structuredClone(examples);
    drift(copy);
    if (compile(annotated(copy)) === "") throw new Error(`the check does not notice ${what}`);
  }
}

/** All files together: one a noun, each with the sections that it needs. */
function readExamples() {
  const folder = join(web, "..", "docs", "wire", "examples");
  const all = {};
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".json")).sort()) {
    for (const [section, value] of Object.entries(JSON.parse(readFileSync(join(folder, file), "utf8")))) {
      all[section] = { ...all[section], ...value };
    }
  }
  return all;
}

const examples = readExamples();
const problems = compile(annotated(examples));
if (problems) {
  console.error("client/src/wire and docs/wire/examples disagree:\n" + problems);
  process.exit(1);
}
selfTest(examples);
console.log("wire: the types and the examples agree");
