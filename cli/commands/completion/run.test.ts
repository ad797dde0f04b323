import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { outsideProgram } from "../../../tests/support/outside-program.ts";
import { runRekey } from "../../../tests/support/run-rekey.ts";
import { commands } from "../../commands.ts";

const rekey = async (...words: string[]): Promise<string> => (await runRekey(words, { env: {} })).out;

const bash = outsideProgram("REKEY_BASH", "Debian: bash", "bash");

test.skipIf(bash === undefined)("bash completes commands and their options with the printed script", async () => {
  const script = await rekey("completion", "bash");
  const completed = (...words: string[]): readonly string[] => {
    const ask = `COMP_WORDS=(rekey ${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length}; _rekey; echo "\${COMPREPLY[@]}"`;
    return execFileSync(bash ?? "", ["-c", `${script}\n${ask}`])
      .toString()
      .trim()
      .split(" ");
  };
  expect(completed("")).toEqual([...commands.map(({ name }) => name), "--help", "--version"]);
  expect(completed("ro")).toEqual(["rotate", "rollback"]);
  expect(completed("rotate", "--ca")).toEqual(["--campaign", "--canary"]);
  expect(completed("vault-policy", "--")).toEqual(["--json", "--help"]);
});

test.each(["zsh", "fish"])("the script of %s names every command and every option", async (shell) => {
  const script = await rekey("completion", shell);
  for (const { name, options } of commands) {
    expect(script).toContain(name);
    for (const { flags } of options) expect(script).toContain(/--([\w-]+)/.exec(flags)?.[1]);
  }
});

test("help shows every command, each with its examples", async () => {
  const help = await rekey("--help");
  for (const { name } of commands) expect(help).toMatch(new RegExp(`^  ${name} `, "m"));
  const shown = await Promise.all(commands.map(async ({ name }) => rekey("help", name)));
  for (const [at, { examples }] of commands.entries()) {
    for (const example of examples) expect(shown[at]).toContain(`  ${example}\n`);
  }
});
