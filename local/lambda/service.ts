import { randomUUID } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import type { DeliveryTarget } from "../aws/delivery.ts";
import { denial } from "../aws/iam.ts";
import type { Members } from "../../shared/answers/members.ts";
import { text } from "../aws/members.ts";
import { readInvokeConfig } from "./async-invocation.ts";
import { AwsError, type AwsCall, type AwsReply, type FunctionInvoker } from "../aws/service.ts";
import type { Queue } from "../sqs/queue.ts";
import {
  deployFunction,
  type DeployedFunction,
  type FailedInvocation,
  type FunctionDefinition,
  type FunctionEnvironment,
  type LogLine,
} from "./deployed-function.ts";
import { createFunctionUrls } from "./function-urls.ts";
import { mapQueue, type QueueMappingOptions } from "./queue-mapping.ts";
import { accountLimit, checkReserved, type AccountConcurrency, usualConcurrency } from "./reserved-concurrency.ts";
import { lambdaRoute } from "./routes.ts";

export interface LambdaOptions extends Omit<FunctionEnvironment, "onLogLine" | "onInvocation" | "onFailure"> {
  readonly concurrency?: AccountConcurrency;
}

export interface Lambda extends DeliveryTarget, FunctionInvoker {
  /** Makes or replaces a function. Returns its ARN. */
  deploy(definition: FunctionDefinition): Promise<string>;
  /** The role that a function was deployed with. */
  roleName(functionName: string): string | undefined;
  /** `false`: there is none. */
  remove(functionName: string): Promise<boolean>;
  /** Feeds a deployed function from a queue. Errors: `ResourceNotFoundException`, `InvalidParameterValueException`. */
  mapQueue(
    functionName: string,
    queue: Queue,
    settings: Pick<
      QueueMappingOptions,
      "batchSize" | "batchWindowMs" | "reportBatchItemFailures" | "maximumConcurrency"
    >,
  ): string;
  /** Ends what `mapQueue` began, by its id. */
  unmapQueue(id: string): void;
  /**
   * Ends the container that signs with this access key in the middle of its invocation, as when its machine is lost: what it
   * has sent takes effect or not. `false`: it is not busy.
   */
  kill(accessKeyId: string): boolean;
  /** Told of each invocation that failed. Returns a way to stop listening. */
  onFailure(listener: (failed: FailedInvocation) => void): () => void;
  /** What the functions wrote to stdout and stderr, the last 100,000 lines. */
  readonly logs: readonly LogLine[];
  onLog(listener: (line: LogLine) => void): () => void;
  /** Resolves when no invocation is running and its messages are settled; retries that wait for the clock do not count. */
  idle(): Promise<void>;
  stop(): Promise<void>;
}

const longestLogLines = 100_000;
const largestSyncBytes = 6_291_456;
const largestAsyncBytes = 1_048_576;

/** AWS Lambda in memory: built bundles in workers, with their roles, deadlines, retries and queues. */
export function createLambda(options: LambdaOptions): Lambda {
  const { region, accountId, clock } = options;
  const functions = new Map<string, DeployedFunction>();
  const definitions = () => [...functions.values()].map(({ definition }) => definition);
  const concurrency = options.concurrency ?? usualConcurrency;
  const mappings = new Map<string, { functionName: string; queueArn: string; stop: () => void }>();
  const running = new Set<Promise<unknown>>();
  const listeners = new Set<(line: LogLine) => void>();
  const failureListeners = new Set<(failed: FailedInvocation) => void>();
  const logs: LogLine[] = [];
  const onLogLine = (line: LogLine): void => {
    if (logs.length >= longestLogLines) logs.splice(0, longestLogLines / 2);
    logs.push(line);
    for (const listener of listeners) listener(line);
  };

  const arnOf = (name: string): string => `arn:aws:lambda:${region}:${accountId}:function:${name}`;
  const functionNameOf = (nameOrArn: string): string =>
    /(?:^|function:)([\w-]{1,64})(?::[\w$-]+)?$/u.exec(nameOrArn)?.[1] ?? nameOrArn;
  const find = (nameOrArn: string): DeployedFunction => {
    const found = functions.get(functionNameOf(nameOrArn));
    if (found === undefined) {
      throw new AwsError("ResourceNotFoundException", `Function not found: ${arnOf(functionNameOf(nameOrArn))}`, 404);
    }
    return found;
  };
  const urls = createFunctionUrls(find);
  const onInvocation = (invocation: Promise<unknown>): void => {
    running.add(invocation);
    void invocation.finally(() => running.delete(invocation));
  };

  const onFailure = (failed: FailedInvocation): void => {
    for (const listener of failureListeners) listener(failed);
  };

  const configuration = ({ arn, definition, timeoutMs }: DeployedFunction): Members => ({
    FunctionName: definition.name,
    FunctionArn: arn,
    Runtime: "nodejs24.x",
    Architectures: ["arm64"],
    Role: `arn:aws:iam::${accountId}:role/${definition.roleName ?? `${definition.name}-role`}`,
    Handler: definition.handler ?? "index.handler",
    Timeout: timeoutMs / 1000,
    MemorySize: definition.memoryMb ?? 128,
    Environment: { Variables: definition.environment ?? {} },
    PackageType: "Zip",
    State: "Active",
    LastUpdateStatus: "Successful",
    Version: "$LATEST",
  });

  const invokeOverHttp = async ({ input, http }: AwsCall): Promise<AwsReply> => {
    const fn = find(text(input, "FunctionName"));
    const type = http.headers["x-amz-invocation-type"] ?? "RequestResponse";
    const event = http.body.length === 0 ? "{}" : http.body.toString("utf8");
    try {
      JSON.parse(event);
    } catch {
      throw new AwsError("InvalidRequestContentException", "Could not parse request body into json.");
    }
    const limit = type === "Event" ? largestAsyncBytes : largestSyncBytes;
    if (http.body.length > limit) {
      const message = `${http.body.length} byte payload is too large for the ${String(type)} invocation type (limit ${limit} bytes)`;
      throw new AwsError("RequestTooLargeException", message, 413);
    }
    if (type === "DryRun") return { status: 204, body: "" };
    if (type === "Event") {
      void fn.invokeAsync(event);
      return { status: 202, body: "" };
    }
    const outcome = await fn.invoke(event);
    const headers = { "x-amz-executed-version": "$LATEST" };
    return outcome.ok
      ? { headers, body: outcome.payload }
      : { headers: { ...headers, "x-amz-function-error": "Unhandled" }, body: JSON.stringify(outcome.error) };
  };

  const operations: Readonly<Record<string, (call: AwsCall) => AwsReply | Promise<AwsReply>>> = {
    Invoke: invokeOverHttp,
    GetFunction: ({ input }) => ({ body: { Configuration: configuration(find(text(input, "FunctionName"))) } }),
    GetFunctionConfiguration: ({ input }) => ({ body: configuration(find(text(input, "FunctionName"))) }),
    GetAccountSettings: () => ({
      body: {
        AccountLimit: accountLimit(definitions(), concurrency),
        AccountUsage: { FunctionCount: functions.size },
      },
    }),
    ListFunctions: () => ({ body: { Functions: [...functions.values()].map(configuration) } }),
    ListEventSourceMappings: () => ({
      body: {
        EventSourceMappings: [...mappings].map(([id, { functionName, queueArn }]) => ({
          UUID: id,
          FunctionArn: arnOf(functionName),
          EventSourceArn: queueArn,
          State: "Enabled",
        })),
      },
    }),
    AddPermission: ({ input }) => {
      const statement = find(text(input, "FunctionName")).permissions.add(input);
      return { status: 201, body: { Statement: JSON.stringify(statement) } };
    },
    GetPolicy: ({ input }) => ({
      body: { Policy: JSON.stringify(find(text(input, "FunctionName")).permissions.policy) },
    }),
    CreateFunctionUrlConfig: async ({ input }) => urls.create(input),
    DeleteFunctionUrlConfig: async ({ input }) => urls.remove(input),
    PutFunctionEventInvokeConfig: ({ input }) => {
      const fn = find(text(input, "FunctionName"));
      fn.invokeConfig = readInvokeConfig(input);
      return { body: { FunctionArn: `${fn.arn}:$LATEST`, ...input } };
    },
    DeleteFunctionEventInvokeConfig: ({ input }) => {
      find(text(input, "FunctionName")).invokeConfig = {};
      return { status: 204, body: "" };
    },
    RemovePermission: ({ input }) => {
      find(text(input, "FunctionName")).permissions.remove(text(input, "StatementId"));
      return { status: 204, body: "" };
    },
  };

  return {
    name: "lambda",
    route: lambdaRoute,
    action: (operation) => (operation === "Invoke" ? "InvokeFunction" : operation),
    resources: ({ input }) => {
      const name = input["FunctionName"];
      return typeof name === "string" ? [arnOf(functionNameOf(name))] : [];
    },
    resourcePolicy: (arn) => functions.get(functionNameOf(arn))?.permissions.policy,
    async handle(call) {
      const operation = operations[call.operation];
      if (operation === undefined) throw new AwsError("UnknownOperationException", call.operation, 404);
      return operation(call);
    },
    exists: (arn) => functions.get(functionNameOf(arn))?.arn === arn,
    async accept({ targetArn, body }) {
      void find(targetArn).invokeAsync(body);
    },
    mayInvoke(functionArn, principal, sourceArn, sourceAccount) {
      const fn = functions.get(functionNameOf(functionArn));
      return (
        fn?.arn === functionArn &&
        denial({
          caller: { service: principal },
          action: "lambda:InvokeFunction",
          resource: functionArn,
          resourcePolicy: fn.permissions.policy,
          context: { "aws:SourceArn": sourceArn, "aws:SourceAccount": sourceAccount },
        }) === undefined
      );
    },
    async invoke(functionArn, event) {
      const outcome = await find(functionArn).invoke(JSON.stringify(event));
      if (outcome.ok) return { ok: true, payload: JSON.parse(outcome.payload) };
      const { errorType, errorMessage } = outcome.error;
      return { ok: false, errorType, errorMessage };
    },
    async deploy(definition) {
      const before = functions.get(definition.name);
      checkReserved(definitions(), definition, concurrency);
      const fn = deployFunction(definition, { ...options, onLogLine, onInvocation, onFailure }, before);
      functions.set(definition.name, fn);
      await before?.stop();
      return fn.arn;
    },
    roleName: (functionName) => functions.get(functionName)?.definition.roleName,
    async remove(functionName) {
      const fn = functions.get(functionName);
      functions.delete(functionName);
      await fn?.stop();
      return fn !== undefined;
    },
    mapQueue(functionName, queue, settings) {
      const { timeoutMs } = find(functionName);
      const stop = mapQueue({
        ...settings,
        queue,
        region,
        clock,
        functionTimeoutMs: timeoutMs,
        functionArn: arnOf(functionName),
        invoke: async (event, chain) => find(functionName).invoke(event, chain),
      });
      const id = randomUUID();
      mappings.set(id, { functionName, queueArn: queue.arn, stop });
      return id;
    },
    unmapQueue(id) {
      mappings.get(id)?.stop();
      mappings.delete(id);
    },
    kill: (accessKeyId) => [...functions.values()].some((fn) => fn.kill(accessKeyId)),
    onFailure(listener) {
      failureListeners.add(listener);
      return () => void failureListeners.delete(listener);
    },
    logs,
    onLog(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async idle() {
      while (running.size > 0) {
        await Promise.allSettled(running);
        // What follows an invocation (a retry's timer, a message's deletion) is a matter of microtasks: let them run.
        await setImmediate();
      }
    },
    async stop() {
      for (const mapping of mappings.values()) mapping.stop();
      mappings.clear();
      await Promise.all([urls.stop(), ...[...functions.values()].map(async (fn) => fn.stop())]);
      functions.clear();
    },
  };
}
