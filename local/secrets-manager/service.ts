import { AwsError, type AwsService, type BusEvent, type FunctionInvoker } from "../aws/service.ts";
import type { Clock } from "../clock.ts";
import { access } from "./access.ts";
import { batchOperation } from "./batch-operation.ts";
import { lifecycleOperations } from "./lifecycle-operations.ts";
import { listOperations } from "./list-operations.ts";
import type { Operations } from "./operations.ts";
import { randomPassword } from "./random-password.ts";
import { holdReplica, replicationOperations } from "./replication.ts";
import { resourcePolicyOperations } from "./resource-policy.ts";
import { rotationEngine } from "./rotation-engine.ts";
import { rotationEvents } from "./rotation-events.ts";
import { rotationOperations } from "./rotation-operations.ts";
import type { StepReport } from "./rotation-step.ts";
import { secretTable, type SecretTable } from "./secret-table.ts";
import type { Rotation } from "./secret.ts";
import { tagOperations } from "./tag-operations.ts";
import { versionOperations } from "./version-operations.ts";

export interface SecretsManagerOptions {
  readonly clock: Clock;
  readonly accountId: string;
  readonly functions: FunctionInvoker;
  /** Where `lastRotation` looks for a name; requests bring their own region. `us-east-1` by default. */
  readonly region?: string;
  /** Takes what Secrets Manager tells the default bus: `Secret Label Updated` and CloudTrail's records of rotations. */
  readonly emit?: (event: BusEvent) => void;
  /** How often a rotation is tried in a row, and the first delay, which doubles each time: 3 times, 60 s by default. */
  readonly retry?: { readonly attempts: number; readonly delayMs: number };
}

/** How a rotation stands: ids only. */
export type RotationReport = Pick<Rotation, "kind" | "versionId" | "state" | "attempts" | "failure">;

export interface SecretsManager extends AwsService {
  /** Resolves when no rotation step is running; a rotation that waits for its next attempt does not count. */
  idle(): Promise<void>;
  /** Called after each step of each rotation. Returns a way to stop listening. */
  onStep(listener: (report: StepReport) => void): () => void;
  /** Makes the replica of a secret, by the primary's ARN, lag until what is returned is called. */
  holdReplica(secretArn: string, region: string): () => void;
  /** The latest rotation of a secret, by ARN or name; `undefined` before the first one. */
  lastRotation(secretId: string): RotationReport | undefined;
}

/**
 * AWS Secrets Manager in memory, for all regions of one account: its operations, staging labels, rotation, schedules and
 * replication, with its own errors and messages. Its time is the clock's; when that reaches a rotation window, the
 * rotation starts by itself at the window's beginning.
 */
export function createSecretsManager(options: SecretsManagerOptions): SecretsManager {
  const { clock, functions, accountId, region = "us-east-1", emit = () => undefined } = options;
  const nowMs = (): number => clock.now();
  const listeners = new Set<(report: StepReport) => void>();
  const tables = new Map<string, SecretTable>();
  const table = (name: string): SecretTable => {
    const known = tables.get(name) ?? secretTable(nowMs);
    tables.set(name, known);
    return known;
  };
  const events = rotationEvents({ accountId, nowMs, emit });
  const engine = rotationEngine({
    clock,
    accountId,
    functions,
    events,
    retry: options.retry ?? { attempts: 3, delayMs: 60_000 },
    onStep(report) {
      for (const listener of listeners) listener(report);
    },
  });
  const backend = { accountId, nowMs, engine, events, table };
  const operations: Operations = {
    ...lifecycleOperations(backend),
    ...versionOperations(backend),
    ...listOperations(backend),
    ...batchOperation(backend),
    ...tagOperations(backend),
    ...rotationOperations(backend),
    ...replicationOperations(backend),
    ...resourcePolicyOperations(backend),
    GetRandomPassword: (input) => ({ RandomPassword: randomPassword(input) }),
  };

  return {
    name: "secretsmanager",
    targets: ["secretsmanager"],
    ...access(backend),
    async handle(call) {
      const operation = Object.hasOwn(operations, call.operation) ? operations[call.operation] : undefined;
      if (operation === undefined) {
        throw new AwsError("UnknownOperationException", `Unknown operation ${call.operation}.`);
      }
      return { body: operation(call.input, call) };
    },
    idle: () => engine.idle(),
    onStep(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    holdReplica: (secretArn, to) =>
      holdReplica(backend, table(secretArn.split(":")[3] ?? region).openPrimary(secretArn), to),
    lastRotation(secretId) {
      const place = secretId.startsWith("arn:") ? (secretId.split(":")[3] ?? region) : region;
      const latest = table(place).find(secretId)?.rotation?.latest;
      if (latest === undefined) return undefined;
      const { kind, versionId, state, attempts, failure } = latest;
      return { kind, versionId, state, attempts, failure };
    },
  };
}
