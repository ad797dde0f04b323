import { parseArgs } from "node:util";
import { exitWith } from "./exit-code.ts";

/** Loaded when they are asked for: most of them bring the AWS SDK along. */
const commands = {
  doctor: async () => (await import("./doctor.ts")).doctorCommand,
  invoke: async () => (await import("./invoke.ts")).invokeCommand,
  "lint-policy": async () => (await import("./lint-policy.ts")).lintPolicyCommand,
  "plan-rotation": async () => (await import("./plan-rotation.ts")).planRotationCommand,
  redrive: async () => (await import("./redrive.ts")).redriveCommand,
  "vault-policy": async () => (await import("./vault-policy.ts")).vaultPolicyCommand,
} as const;
const usage = [
  "usage: rekey agent [options]   (rekey agent --help)",
  "       rekey doctor <secret> [--json]",
  "       rekey invoke <function> <event.json>",
  "       rekey lint-policy <policy.json> [--key <arn of the secrets' own KMS key>] [--json]",
  "       rekey plan [options]   (rekey plan --help)",
  "       rekey plan-rotation <secret> [--json]",
  "       rekey redrive <arn of a dead-letter queue> [--json]",
  "       rekey vault-policy <mount> [--json]",
].join("\n");
const isCommand = (name: string): name is keyof typeof commands => Object.hasOwn(commands, name);
const timeoutMs = 60_000;

async function onSubject(words: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: words,
    allowPositionals: true,
    options: { json: { type: "boolean", default: false }, key: { type: "string" } },
  });
  const [name = "", subject, event] = positionals;
  if (!isCommand(name) || subject === undefined) {
    console.error(usage);
    return 2;
  }
  const { json, key } = values;
  const command = await commands[name]();
  return command(
    subject,
    { json, ...(key === undefined ? {} : { key }), ...(event === undefined ? {} : { event }) },
    { signal: AbortSignal.timeout(timeoutMs) },
  );
}

async function run(words: string[]): Promise<number> {
  const [name, ...rest] = words;
  if (name === "plan") return (await import("./plan.ts")).planCommand(rest);
  if (name === "agent") return (await import("./agent.ts")).agentCommand(rest);
  return onSubject(words);
}

await exitWith(async () => run(process.argv.slice(2)), usage);
