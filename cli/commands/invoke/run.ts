import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { packageRoot } from "../../../local/package-root.ts";
import type { Run } from "../../command.ts";
import { printError, printJson } from "../../output/output.ts";
import { RekeyError } from "../../../shared/errors/rekey-error.ts";

type Handler = (event: unknown, context: object) => Promise<unknown>;
/** As long as the longest function may run. */
const timeoutMs = 60_000;

const contextOf = (functionName: string): object => {
  const deadlineMs = Date.now() + timeoutMs;
  return {
    functionName,
    functionVersion: "$LATEST",
    awsRequestId: randomUUID(),
    getRemainingTimeInMillis: () => deadlineMs - Date.now(),
  };
};

async function builtHandler(name: string): Promise<Handler> {
  try {
    const bundle = pathToFileURL(join(packageRoot, "dist/functions", name, "index.mjs"));
    const { handler } = (await import(bundle.href)) as { readonly handler: Handler };
    return handler;
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND")) throw error;
    throw new RekeyError("option-invalid", {
      context: { option: "function", problem: "not built, or no such function" },
    });
  }
}

async function readEvent(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch {
    throw new RekeyError("option-invalid", { context: { option: "event", problem: "no file of JSON" } });
  }
}

/**
 * Runs a function's built bundle once with the event in a file, with the variables of this process, and prints its log
 * and its answer. It does what the function does: a step of a rotation changes the database.
 */
export const run: Run = async ([name = "", file = ""]) => {
  if (!/^[a-z-]+$/u.test(name)) {
    throw new RekeyError("option-invalid", { context: { option: "function", problem: "no name of a function" } });
  }
  const event = await readEvent(file);
  const handler = await builtHandler(name);
  try {
    printJson((await handler(event, contextOf(name))) ?? null);
    return 0;
  } catch (error) {
    // The bundle has a class of its own of rekey's errors, and has logged this one. Of another's, the name alone.
    const { name: kind, message } = error instanceof Error ? error : new TypeError();
    printError(kind === "RekeyError" ? message : `failed: ${kind}`);
    return 1;
  }
};
