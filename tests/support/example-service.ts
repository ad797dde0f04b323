import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";
import { childVariables } from "./child-variables.ts";

const root = path.resolve(import.meta.dirname, "../..");

export interface ExampleService extends AsyncDisposable {
  /** Where it listens, as it printed. */
  readonly address: string;
}

/** A file of `examples/` that is a service, in a process of its own, which prints its address. */
export async function startExampleService(
  name: string,
  env: Readonly<Record<string, string>>,
): Promise<ExampleService> {
  const child = spawn(process.execPath, [path.join(root, "examples", `${name}.ts`)], {
    env: { ...childVariables, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let complaints = "";
  child.stderr.on("data", (text) => (complaints += String(text)));
  const closed = once(child, "close");
  const address = await Promise.race([
    once(createInterface(child.stdout), "line").then(([line]) => String(line)),
    closed.then(() => undefined),
  ]);
  if (address === undefined) throw new Error(`examples/${name}.ts ended: ${complaints}`);
  return {
    address,
    async [Symbol.asyncDispose]() {
      child.kill();
      await closed;
    },
  };
}
