import { parseArgs } from "node:util";
import { isRekeyError } from "../shared/errors/rekey-error.ts";
import { doctorCommand } from "./doctor.ts";
import { planRotationCommand } from "./plan-rotation.ts";

const commands = { doctor: doctorCommand, "plan-rotation": planRotationCommand } as const;
const usage = "usage: rekey doctor <secret> [--json]\n       rekey plan-rotation <secret> [--json]";
const timeoutMs = 60_000;

async function run(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: "boolean", default: false } },
  });
  const [name = "", secretId] = positionals;
  if ((name !== "doctor" && name !== "plan-rotation") || secretId === undefined) {
    console.error(usage);
    return 2;
  }
  return commands[name](secretId, { json: values.json }, { signal: AbortSignal.timeout(timeoutMs) });
}

try {
  process.exitCode = await run();
} catch (error) {
  if (!isRekeyError(error)) throw error;
  console.error(`${error.message}\n${error.hint}`);
  process.exitCode = 1;
}
