import { parseArgs } from "node:util";
import { isRekeyError } from "../shared/errors/rekey-error.ts";
import { doctorCommand } from "./doctor.ts";
import { invokeCommand } from "./invoke.ts";
import { lintPolicyCommand } from "./lint-policy.ts";
import { planRotationCommand } from "./plan-rotation.ts";
import { redriveCommand } from "./redrive.ts";

const commands = {
  doctor: doctorCommand,
  invoke: invokeCommand,
  "lint-policy": lintPolicyCommand,
  "plan-rotation": planRotationCommand,
  redrive: redriveCommand,
} as const;
const usage = [
  "usage: rekey doctor <secret> [--json]",
  "       rekey invoke <function> <event.json>",
  "       rekey lint-policy <policy.json> [--key <arn of the secrets' own KMS key>] [--json]",
  "       rekey plan-rotation <secret> [--json]",
  "       rekey redrive <arn of a dead-letter queue> [--json]",
].join("\n");
const isCommand = (name: string): name is keyof typeof commands => Object.hasOwn(commands, name);
const timeoutMs = 60_000;

async function run(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: "boolean", default: false }, key: { type: "string" } },
  });
  const [name = "", subject, event] = positionals;
  if (!isCommand(name) || subject === undefined) {
    console.error(usage);
    return 2;
  }
  const { json, key } = values;
  return commands[name](
    subject,
    { json, ...(key === undefined ? {} : { key }), ...(event === undefined ? {} : { event }) },
    { signal: AbortSignal.timeout(timeoutMs) },
  );
}

try {
  process.exitCode = await run();
} catch (error) {
  if (!isRekeyError(error)) throw error;
  console.error(`${error.message}\n${error.hint}`);
  process.exitCode = 1;
}
