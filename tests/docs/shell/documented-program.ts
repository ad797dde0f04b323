import { spawnSync } from "node:child_process";
import { appendFileSync, readFileSync } from "node:fs";
import path from "node:path";
import { root } from "../fenced-blocks.ts";
import { treatmentOf } from "./treatment.ts";

/**
 * Stands on the path of a page's shell in place of every program that the page names, and does with the command line what
 * its treatment says. `REKEY_DOCS_PROGRAM_<NAME>` names the real program; `REKEY_DOCS_JOURNAL` the file that is told.
 */
function perform(name: string, words: readonly string[]): number {
  const treatment = treatmentOf(name, words);
  appendFileSync(process.env["REKEY_DOCS_JOURNAL"] ?? "", `${treatment.how} ${name} ${words.join(" ")}\n`);
  if (treatment.how === "never") return 0;
  if (treatment.how === "elsewhere") {
    if (readFileSync(path.join(root, treatment.file), "utf8").includes(treatment.text)) return 0;
    throw new Error(`${treatment.file} has no ${treatment.text}`);
  }
  const program = process.env[`REKEY_DOCS_PROGRAM_${treatment.program.replaceAll("-", "_")}`] ?? "";
  const args = treatment.how === "parse" ? treatment.words : [...words, ...(treatment.more ?? [])];
  const own = { ...process.env, PATH: process.env["REKEY_DOCS_PATH"] ?? "" };
  const { status, error } = spawnSync(program, args, {
    stdio: ["inherit", treatment.how === "run" ? "inherit" : "ignore", "inherit"],
    env: own,
  });
  if (error !== undefined) throw error;
  return status ?? 1;
}

const [name = "", ...words] = process.argv.slice(2);
process.exitCode = perform(name, words);
