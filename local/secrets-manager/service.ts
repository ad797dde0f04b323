import { AwsError, type AwsCall, type AwsService, type BusEvent } from "../aws/service.ts";
import { lifecycleOperations } from "./lifecycle-operations.ts";
import { randomPassword } from "./random-password.ts";
import { rotationEngine, type RotationEngine, type RotationEngineOptions, type StepReport } from "./rotation-engine.ts";
import { listOperations } from "./list-operations.ts";
import { replicationOperations } from "./replication-operations.ts";
import { resourcePolicyOperations } from "./resource-policy-operations.ts";
import { rotationOperations } from "./rotation-operations.ts";
import type { SecretRecord } from "./secret-record.ts";
import { secretTable, type SecretTable } from "./secret-table.ts";
import { versionOperations } from "./version-operations.ts";

export interface SecretsManagerOptions extends Pick<RotationEngineOptions, "clock" | "functions"> {
  readonly accountId: string;
  readonly retry?: RotationEngineOptions["retry"];
  /** Takes Secrets Manager's own event on the default bus, `Secret Label Updated`. */
  readonly emit?: (event: BusEvent) => void;
}

export interface SecretsManager extends AwsService {
  /** Resolves when no rotation is running. */
  idle(): Promise<void>;
  /** Called after each step of each rotation. Returns a way to stop listening. */
  onStep(listener: (report: StepReport) => void): () => void;
}

export type Input = Readonly<Record<string, unknown>>;
export type Operation = (input: Input, call: AwsCall) => Input;

/** What the groups of operations share. */
export interface Shared {
  readonly accountId: string;
  readonly nowMs: () => number;
  readonly functions: RotationEngineOptions["functions"];
  readonly engine: RotationEngine;
  table(region: string): SecretTable;
  /** Tells the default bus that a label is on another version now. */
  labelMoved(secret: SecretRecord, label: string, versionId: string): void;
}

const silentLabels = new Set(["AWSPENDING", "AWSPREVIOUS"]);

/** AWS Secrets Manager in memory: what rotation, mirror and client use, with AWS's own errors and messages. */
export function createSecretsManager(options: SecretsManagerOptions): SecretsManager {
  const { clock, functions, accountId, retry = { attempts: 3, delayMs: 60_000 }, emit = () => undefined } = options;
  const listeners = new Set<(report: StepReport) => void>();
  const onStep = (report: StepReport): void => {
    for (const listener of listeners) listener(report);
  };
  const tables = new Map<string, SecretTable>();
  const table = (region: string): SecretTable => {
    const known = tables.get(region) ?? secretTable(() => clock.now());
    tables.set(region, known);
    return known;
  };
  const engine = rotationEngine({ clock, functions, retry, onStep });
  const shared: Shared = {
    accountId,
    nowMs: () => clock.now(),
    functions,
    engine,
    table,
    labelMoved(secret, label, versionId) {
      if (silentLabels.has(label)) return;
      const detail = { name: secret.name, labelUpdated: label, versionId };
      emit({ source: "aws.secretsmanager", "detail-type": "Secret Label Updated", detail, resources: [secret.arn] });
    },
  };
  const operations: Readonly<Record<string, Operation>> = {
    ...lifecycleOperations(shared),
    ...versionOperations(shared),
    ...rotationOperations(shared),
    ...listOperations(shared),
    ...replicationOperations(shared),
    ...resourcePolicyOperations(shared),
    GetRandomPassword: (input) => ({ RandomPassword: randomPassword(input) }),
  };

  return {
    name: "secretsmanager",
    targets: ["secretsmanager"],
    resources({ input, region }) {
      const id = input["SecretId"] ?? input["Name"];
      if (typeof id !== "string") return [];
      return [
        table(region).find(id)?.arn ??
          (id.startsWith("arn:") ? id : `arn:aws:secretsmanager:${region}:${accountId}:secret:${id}`),
      ];
    },
    conditionKeys({ input }): Readonly<Record<string, string>> {
      const stage = input["VersionStage"];
      return typeof stage === "string" ? { "secretsmanager:VersionStage": stage } : {};
    },
    async handle(call) {
      const operation = Object.hasOwn(operations, call.operation) ? operations[call.operation] : undefined;
      if (operation === undefined)
        throw new AwsError("UnknownOperationException", `Unknown operation ${call.operation}`);
      return { body: operation(call.input, call) };
    },
    idle: async () => engine.idle(),
    onStep(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
