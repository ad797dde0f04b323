import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { awsOptions } from "./command.ts";
import { commands } from "./commands.ts";
import { programOf } from "./program.ts";

const examples = commands.flatMap(({ examples: lines }) => lines.map((example) => ({ example })));

/** The words that a shell gives to rekey, which is all that is run of the line. */
function wordsOf(example: string): readonly string[] {
  const line = example.replace(/^source <\((.+)\)$/, "$1").replace(/ [|>] .*$/, "");
  const script = `rekey() { for word in "$@"; do printf '%s\\0' "$word"; done; }\n${line}`;
  return execFileSync("/bin/sh", ["-c", script], { encoding: "utf8" }).split("\0").slice(0, -1);
}

test.each(examples)("$example is understood by one command", async ({ example }) => {
  const called: string[] = [];
  const deaf = commands.map((command) => ({
    ...command,
    aws: false,
    load: async () => async () => called.push(command.name),
    options: command.aws ? [...command.options, ...awsOptions] : command.options,
  }));
  const program = { commands: deaf, version: "1.0.0" };
  const context = () => ({ program, signal: AbortSignal.timeout(1_000), isInterrupted: () => false });
  const parser = programOf(program, context, () => undefined).configureOutput({ writeErr: () => undefined });
  const words = wordsOf(example);
  await parser.parseAsync(words, { from: "user" });
  expect(called).toEqual([words[0]]);
});

test("every command is known to read, to change something or to serve", () => {
  const kinds = Object.groupBy(commands, ({ kind }) => kind);
  const names = Object.fromEntries(
    Object.entries(kinds).map(([kind, some]) => [kind, some.map(({ name }) => name).sort()]),
  );
  expect(names).toEqual({
    reads: [
      "completion",
      "doctor",
      "engines",
      "history",
      "kubernetes-manifests",
      "lint-policy",
      "plan",
      "plan-rotation",
      "status",
      "usage",
      "vault-policy",
    ],
    changes: [
      "adopt",
      "bundle-engine",
      "certify-engine",
      "detach",
      "invoke",
      "migrate-mirror",
      "mirror",
      "redrive",
      "rollback",
      "rotate",
      "smoke-test",
    ],
    serves: ["agent", "console", "exec", "local"],
  });
});
