import { createInterface } from "node:readline";
import { Worker } from "node:worker_threads";
import type { ErrorPayload, InvocationMessage, WorkerMessage } from "./runtime-messages.ts";

/** `payload` is JSON. */
export type InvocationOutcome =
  | { readonly ok: true; readonly payload: string }
  | { readonly ok: false; readonly error: ErrorPayload };

export interface ContainerOptions {
  readonly bundlePath: string;
  readonly handlerName: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly onLogLine: (line: string) => void;
}

/** One execution environment: a worker with its own environment variables that runs one invocation at a time. */
export interface Container {
  /** False once it timed out, crashed, or was disposed of. */
  readonly alive: boolean;
  invoke(invocation: Omit<InvocationMessage, "deadlineMs">, timeoutMs: number): Promise<InvocationOutcome>;
  dispose(): Promise<void>;
}

/** Lambda's limit for loading the bundle. */
const initLimitMs = 10_000;

const failed = (errorType: string, errorMessage: string): InvocationOutcome => ({
  ok: false,
  error: { errorType, errorMessage, trace: [] },
});

const asOutcome = (message: WorkerMessage): InvocationOutcome =>
  message.kind === "done"
    ? { ok: true, payload: message.payload }
    : message.kind === "ready"
      ? failed("Runtime.ProtocolError", "the worker answered twice")
      : { ok: false, error: message.error };

/** Beside this file, which is bundled into the command line, and the worker beside that. */
const workerFile = import.meta.url.endsWith(".ts") ? "./runtime-worker.ts" : "./runtime-worker.js";

export function startContainer({ bundlePath, handlerName, environment, onLogLine }: ContainerOptions): Container {
  const worker = new Worker(new URL(workerFile, import.meta.url), {
    workerData: { path: bundlePath, handlerName },
    env: { ...environment },
    execArgv: [],
    stdout: true,
    stderr: true,
  });
  worker.unref();
  for (const stream of [worker.stdout, worker.stderr]) createInterface({ input: stream }).on("line", onLogLine);

  let alive = true;
  let answer: ((outcome: WorkerMessage | InvocationOutcome) => void) | undefined;
  let early: WorkerMessage | InvocationOutcome | undefined;
  const hear = (message: WorkerMessage | InvocationOutcome): void => {
    if (answer === undefined) early ??= message;
    else answer(message);
  };
  worker.on("message", hear);
  worker.on("error", (error: unknown) => {
    alive = false;
    const { name, message } = error instanceof Error ? error : { name: "Error", message: String(error) };
    hear(failed(name, message));
  });
  worker.on("exit", (code) => {
    alive = false;
    hear(failed("Runtime.ExitError", `Runtime exited with error: exit status ${code}`));
  });

  /** The next thing that the worker says, or `undefined` after the limit, which ends it. */
  const next = async (limitMs: number): Promise<WorkerMessage | InvocationOutcome | undefined> => {
    const { promise, resolve } = Promise.withResolvers<WorkerMessage | InvocationOutcome | undefined>();
    const timer = setTimeout(() => {
      alive = false;
      resolve(undefined);
    }, limitMs);
    if (early === undefined) answer = resolve;
    else resolve(early);
    early = undefined;
    const heard = await promise;
    clearTimeout(timer);
    answer = undefined;
    if (!alive) await worker.terminate();
    return heard;
  };
  let started: Promise<InvocationOutcome | undefined> | undefined;
  const start = async (): Promise<InvocationOutcome | undefined> => {
    const heard = await next(initLimitMs);
    if (heard !== undefined && "kind" in heard && heard.kind === "ready") return undefined;
    alive = false;
    await worker.terminate();
    if (heard === undefined) return failed("Sandbox.Timedout", "Init phase timed out after 10.00 seconds");
    return "kind" in heard ? asOutcome(heard) : heard;
  };

  return {
    get alive() {
      return alive;
    },
    async invoke(invocation, timeoutMs) {
      started ??= start();
      const initFailure = await started;
      if (initFailure !== undefined) return initFailure;
      worker.postMessage({ ...invocation, deadlineMs: Date.now() + timeoutMs });
      const heard = await next(timeoutMs);
      const prefix = `RequestId: ${invocation.requestId} Error:`;
      if (heard === undefined) {
        const message = `${prefix} Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`;
        onLogLine(`${new Date().toISOString()} ${message}`);
        return failed("Sandbox.Timedout", message);
      }
      if ("kind" in heard) return asOutcome(heard);
      return heard.ok ? heard : failed(heard.error.errorType, `${prefix} ${heard.error.errorMessage}`);
    },
    async dispose() {
      alive = false;
      await worker.terminate();
    },
  };
}
