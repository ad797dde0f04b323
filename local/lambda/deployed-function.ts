import type { Deliver } from "../aws/delivery.ts";
import type { IssuedCredentials, Principals } from "../aws/principals.ts";
import type { PolicyDocument, Principal } from "../aws/service.ts";
import type { Clock } from "../clock.ts";
import { invokeAsync, type InvokeConfig } from "./async-invocation.ts";
import type { InvocationOutcome } from "./container.ts";
import { createFunctionPool } from "./function-pool.ts";
import { longestChain, oneMoreRun, runsOf } from "./lineage.ts";
import { createPermissions, type Permissions } from "./permissions.ts";

export interface FunctionDefinition {
  readonly name: string;
  /** The file that `npm run build` wrote. */
  readonly bundlePath: string;
  /** Default `index.handler`. */
  readonly handler?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Default 3 s, Lambda's own. */
  readonly timeoutMs?: number;
  /** Default 128. The worker is not held to it. */
  readonly memoryMb?: number;
  /** Default: the function's own name and `-role`. */
  readonly roleName?: string;
  /** What the function's role may do. */
  readonly policies?: readonly PolicyDocument[];
  /** So many invocations at once are this function's alone. */
  readonly reservedConcurrency?: number;
  /** Whether it may go on in a loop of itself. Default: Lambda stops the loop. */
  readonly mayRecur?: boolean;
  readonly asynchronous?: InvokeConfig;
}

export interface LogLine {
  readonly functionName: string;
  /** By the stack's clock. */
  readonly atMs: number;
  readonly line: string;
}

export interface FailedInvocation {
  readonly functionName: string;
  /** JSON. */
  readonly event: string;
  /** As Lambda names it: the error's own name, `Runtime.ExitError`, `Sandbox.Timedout`. */
  readonly errorType: string;
}

export interface FunctionEnvironment {
  readonly region: string;
  readonly accountId: string;
  readonly clock: Clock;
  readonly principals: Principals;
  readonly deliver: Deliver;
  readonly endpoint: () => string;
  readonly onLogLine: (line: LogLine) => void;
  /** Told of every invocation, so that somebody can wait for all of them. */
  readonly onInvocation: (running: Promise<unknown>) => void;
  readonly onFailure: (failed: FailedInvocation) => void;
}

export interface DeployedFunction {
  readonly arn: string;
  readonly definition: FunctionDefinition;
  readonly timeoutMs: number;
  readonly permissions: Permissions;
  invokeConfig: InvokeConfig;
  /** `event` is JSON. A chain of messages that has run the function too often already does not run it again. */
  invoke(event: string, chain?: { readonly traceHeader?: string | undefined }): Promise<InvocationOutcome>;
  /** Ends when it succeeded or no try is left. */
  invokeAsync(event: string): Promise<void>;
  /** As a pool's. */
  kill(accessKeyId: string): boolean;
  stop(): Promise<void>;
}

function variables(
  { name, environment, handler = "index.handler", memoryMb = 128 }: FunctionDefinition,
  { region, endpoint }: FunctionEnvironment,
  credentials: IssuedCredentials,
): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: endpoint(),
    ...environment,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken ?? "",
    AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
    AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: "local",
    _HANDLER: handler,
    TZ: ":UTC",
  };
}

const stoppedLoop: InvocationOutcome = {
  ok: false,
  error: {
    errorType: "RecursiveInvocationException",
    errorMessage: "Lambda has detected your function being invoked in a recursive loop and stopped its invocation.",
    trace: [],
  },
};

/** A function with its role, its resource policy and its containers. */
export function deployFunction(
  definition: FunctionDefinition,
  around: FunctionEnvironment,
  before?: DeployedFunction,
): DeployedFunction {
  const { name, roleName = `${name}-role`, policies = [], timeoutMs = 3_000, asynchronous = {} } = definition;
  const { region, accountId, principals, clock, deliver } = around;
  const arn = `arn:aws:lambda:${region}:${accountId}:function:${name}`;
  const assumeRole = (): IssuedCredentials => principals.assumeRole(roleName, name, policies);
  const role: Principal = principals.find(assumeRole().accessKeyId)?.principal ?? principals.administrator;
  const pool = createFunctionPool({
    name,
    arn,
    bundlePath: definition.bundlePath,
    handler: definition.handler ?? "index.handler",
    timeoutMs,
    memoryMb: definition.memoryMb ?? 128,
    environment: () => variables(definition, around, assumeRole()),
    onLogLine: (line) => around.onLogLine({ functionName: name, atMs: clock.now(), line }),
  });
  const invoke = async (
    event: string,
    { traceHeader, requestId }: { readonly traceHeader?: string | undefined; readonly requestId?: string } = {},
  ): Promise<InvocationOutcome> => {
    if (definition.mayRecur !== true && runsOf(arn, traceHeader) >= longestChain) return stoppedLoop;
    const running = pool.invoke(event, oneMoreRun(arn, traceHeader), requestId);
    around.onInvocation(running);
    const outcome = await running;
    if (!outcome.ok) around.onFailure({ functionName: name, event, errorType: outcome.error.errorType });
    return outcome;
  };
  const invokeAs = async (event: string, requestId: string): Promise<InvocationOutcome> => invoke(event, { requestId });
  const deployed: DeployedFunction = {
    arn,
    definition,
    timeoutMs,
    permissions: before?.permissions ?? createPermissions(arn),
    invoke,
    invokeConfig: before?.invokeConfig ?? asynchronous,
    invokeAsync: async (event) =>
      invokeAsync(event, { ...deployed.invokeConfig, functionArn: arn, role, clock, deliver, invoke: invokeAs }),
    kill: (accessKeyId) => pool.kill(accessKeyId),
    stop: async () => pool.stop(),
  };
  return deployed;
}
