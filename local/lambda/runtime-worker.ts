import { pathToFileURL } from "node:url";
import { parentPort, workerData } from "node:worker_threads";
import type { ErrorPayload, InvocationMessage, WorkerMessage } from "./runtime-messages.ts";

type Handler = (event: unknown, context: unknown) => unknown;
interface Bundle {
  readonly path: string;
  /** The exported function's name. */
  readonly handlerName: string;
}

const { path, handlerName }: Bundle = workerData;
const tell = (message: WorkerMessage): void => parentPort?.postMessage(message);

const errorPayload = (error: unknown): ErrorPayload =>
  error instanceof Error
    ? { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? "").split("\n") }
    : { errorType: typeof error, errorMessage: String(error), trace: [] };

/** The runtime's own log line: every enumerable property of the error is in it. */
function logError(requestId: string, what: string, error: unknown): void {
  const shown = error instanceof Error ? Object.assign({}, errorPayload(error), error) : error;
  process.stderr.write(`${new Date().toISOString()}\t${requestId}\tERROR\t${what}\t${JSON.stringify(shown)}\n`);
}

const written = async (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => void stream.write("", () => resolve()));

function contextOf(invocation: InvocationMessage): Readonly<Record<string, unknown>> {
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: invocation.functionName,
    functionVersion: "$LATEST",
    invokedFunctionArn: invocation.functionArn,
    memoryLimitInMB: String(invocation.memoryMb),
    awsRequestId: invocation.requestId,
    logGroupName: invocation.logGroupName,
    logStreamName: invocation.logStreamName,
    getRemainingTimeInMillis: () => invocation.deadlineMs - Date.now(),
  };
}

async function invoke(handler: Handler, invocation: InvocationMessage): Promise<WorkerMessage> {
  process.env["_X_AMZN_TRACE_ID"] = invocation.traceHeader;
  try {
    const result: unknown = await handler(JSON.parse(invocation.event), contextOf(invocation));
    return { kind: "done", payload: JSON.stringify(result) ?? "null" };
  } catch (error) {
    logError(invocation.requestId, "Invoke Error", error);
    return { kind: "failed", error: errorPayload(error) };
  }
}

function isHandler(value: unknown): value is Handler {
  return typeof value === "function";
}

// Set before the function is loaded, as Lambda's runtime does; what is thrown here ends the worker, as any crash does.
process.on("unhandledRejection", (error) => {
  logError("undefined", "Unhandled Promise Rejection", error);
  throw error;
});
try {
  const exported: Readonly<Record<string, unknown>> = await import(pathToFileURL(path).href);
  const handler = exported[handlerName];
  if (!isHandler(handler)) throw new TypeError(`${handlerName} is undefined or not exported`);
  parentPort?.on("message", (invocation: InvocationMessage) => {
    void invoke(handler, invocation).then(async (outcome) => {
      // The answer must not overtake what the function logged.
      await Promise.all([written(process.stdout), written(process.stderr)]);
      tell(outcome);
    });
  });
  tell({ kind: "ready" });
} catch (error) {
  tell({ kind: "init-failed", error: errorPayload(error) });
}
