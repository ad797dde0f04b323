import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { DatabaseTarget } from "../../shared/ports/database-engine.ts";
import { childVariables } from "./child-variables.ts";

export interface HostileStep {
  readonly engine: "active-directory" | "kafka" | "ldap" | "mongodb" | "oracle" | "redis" | "http-api-key" | "vault";
  readonly host?: string;
  readonly port: number;
  readonly tls: DatabaseTarget["tls"];
  readonly password: string;
  readonly next: string;
  /** The step's time. */
  readonly budgetMs: number;
}

export interface StepEnd {
  /** `done`, the code of a `RekeyError`, or `foreign …` for any other error. */
  readonly outcome: string;
  /** `0`, or how the process ended in place of that. */
  readonly exit: number | string;
  /** What it wrote to standard error: a stack, where an error had no handler. */
  readonly complaints: string;
}

const child = fileURLToPath(new URL("hostile-step.ts", import.meta.url));

/** Many times the step's time, for a process that does not heed it. */
const patienceMs = 25_000;

/** Runs a step in a process of its own with the memory of a small function, which is killed where it does not end. */
export async function hostileStep(
  step: Partial<HostileStep> & Pick<HostileStep, "engine" | "port">,
  env: Readonly<Record<string, string>> = {},
): Promise<StepEnd> {
  const whole: HostileStep = {
    tls: { mode: "disable" },
    password: "canary-current-3f6a",
    next: "canary-next-3f6a",
    budgetMs: 3_000,
    ...step,
  };
  const run = spawn(process.execPath, ["--max-old-space-size=256", child, JSON.stringify(whole)], {
    env: { ...childVariables, ...env },
    timeout: patienceMs,
    killSignal: "SIGKILL",
  });
  let outcome = "";
  let complaints = "";
  run.stdout.on("data", (chunk: Buffer) => (outcome += chunk.toString()));
  run.stderr.on("data", (chunk: Buffer) => (complaints += chunk.toString()));
  const [code, signal] = (await once(run, "close")) as [number | null, string | null];
  return { outcome, exit: code ?? String(signal), complaints };
}

/** A process that ended well, with this error. */
export const endedWith = (outcome: string): StepEnd => ({ outcome, exit: 0, complaints: "" });
