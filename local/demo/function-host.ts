import { Worker } from "node:worker_threads";
import type { FunctionOutcome } from "../aws/service.ts";

/** A built bundle in a worker of its own, with the environment that it has on Lambda. */
export interface FunctionHost {
  invoke(event: unknown): Promise<FunctionOutcome>;
  stop(): Promise<void>;
}

const host = `
  const { parentPort, workerData } = require("node:worker_threads");
  const loading = import(workerData.bundle);
  parentPort.on("message", async ({ id, event, deadlineMs }) => {
    try {
      const { handler } = await loading;
      const context = { getRemainingTimeInMillis: () => Math.max(deadlineMs - Date.now(), 0), awsRequestId: id };
      parentPort.postMessage({ id, outcome: { ok: true, payload: await handler(event, context) } });
    } catch (error) {
      parentPort.postMessage({ id, outcome: { ok: false, errorType: error.code ?? error.name, errorMessage: error.message } });
    }
  });`;

/** `log` takes what the function writes to its standard output, a chunk at a time. */
export function hostFunction(options: {
  readonly bundle: URL;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly log: (chunk: string) => void;
}): FunctionHost {
  const { bundle, environment, timeoutMs, log } = options;
  const worker = new Worker(host, { eval: true, env: environment, workerData: { bundle: bundle.href }, stdout: true });
  worker.stdout.setEncoding("utf8").on("data", log);
  const waiting = new Map<string, (outcome: FunctionOutcome) => void>();
  worker.on("message", ({ id, outcome }: { readonly id: string; readonly outcome: FunctionOutcome }) => {
    waiting.get(id)?.(outcome);
    waiting.delete(id);
  });
  let invocations = 0;
  return {
    async invoke(event) {
      const id = String(++invocations);
      return new Promise((resolve) => {
        waiting.set(id, resolve);
        worker.postMessage({ id, event, deadlineMs: Date.now() + timeoutMs });
      });
    },
    async stop() {
      await worker.terminate();
    },
  };
}
