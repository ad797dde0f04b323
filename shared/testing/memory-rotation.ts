import { SecretValue } from "../secrets/secret-value.ts";
import { parseDatabaseSecret } from "../secrets/database-secret.ts";
import type { RotationStep, StepOutcome } from "../ports/rotation.ts";
import type { UserGrant } from "../rotation/grants.ts";
import { rotate, type RotationWiring } from "../rotation/rotate.ts";
import type { StrategyName } from "../rotation/rotation-policy.ts";
import { type Gate, gated } from "./gated.ts";
import { grantsOf } from "./grants.ts";
import { type MemoryEngine, memoryEngine, memoryHost } from "./memory-engine.ts";
import { type MemoryPublisher, memoryPublisher } from "./memory-publisher.ts";
import { type MemoryStore, memoryStore } from "./memory-store.ts";
import { strategyTag } from "../tags/tag-names.ts";
import { memoryWiring } from "./memory-wiring.ts";

export const memorySecretId = "arn:aws:secretsmanager:us-east-1:123456789012:secret:app-AbCdEf";
export const memoryAdminId = "arn:aws:secretsmanager:us-east-1:123456789012:secret:admin-AbCdEf";

/** A secret's value for the memory engine. */
export const memoryValue = (password: string, fields: object = {}): SecretValue =>
  new SecretValue(JSON.stringify({ engine: "memory", host: memoryHost, username: "app", password, ...fields }));

export interface MemoryRotation {
  readonly store: MemoryStore;
  readonly engine: MemoryEngine;
  readonly publisher: MemoryPublisher;
  /** What was reported for the log. */
  readonly reports: readonly string[];
  /** A cold container, its calls behind the gate: runs one step. */
  container(gate?: Gate): (step: RotationStep, versionId?: string, adopted?: boolean) => Promise<StepOutcome>;
  /** Whether the version with this label logs in on every host of it. */
  logsIn(label: string): boolean;
  /** Whether any stored version, labelled or not, logs in on this host. */
  someVersionLogsIn(host?: string): boolean;
}

/** One secret under rotation, all of its ports in memory; the user `app` has the password that AWSCURRENT says. */
export function memoryRotation(options: {
  readonly strategy: StrategyName;
  readonly fields?: object;
  readonly tags?: Readonly<Record<string, string>>;
  readonly nowMs?: () => number;
  /** Users that the function's owner gave to the secret. */
  readonly grants?: readonly UserGrant[];
  /** What the function's owner wires otherwise. */
  readonly wiring?: (engine: MemoryEngine) => Partial<RotationWiring>;
}): MemoryRotation {
  const { strategy, tags = {}, nowMs = Date.now } = options;
  const needsAdmin = strategy === "alternating-users";
  const value = memoryValue("old-password", { ...(needsAdmin ? { masterarn: memoryAdminId } : {}), ...options.fields });
  const store = memoryStore(memorySecretId, value);
  for (const [tag, text] of Object.entries({ [strategyTag]: strategy, ...tags })) store.tags.set(tag, text);
  store.others.set(memoryAdminId, { AWSCURRENT: memoryValue("admin-password", { username: "admin" }) });
  const engine = memoryEngine();
  const { otherHosts } = parseDatabaseSecret(value);
  for (const host of [memoryHost, ...otherHosts.map((other) => other.host)]) {
    engine.give("app", ["old-password"], host);
    engine.give("admin", ["admin-password"], host);
  }
  const publisher = memoryPublisher();
  const reports: string[] = [];
  const call = { signal: new AbortController().signal };
  const pass: Gate = async (_operation, work) => work();

  return {
    store,
    engine,
    publisher,
    reports,
    container(gate = pass) {
      const gatedEngine = gated(engine, gate);
      const deps: RotationWiring = {
        ...memoryWiring({ store: gated(store, gate), engine: gatedEngine }, nowMs),
        publisher: gated(publisher, gate),
        grants: grantsOf({ admins: { [memoryAdminId]: [] }, users: { [memorySecretId]: options.grants ?? [] } }),
        report: (message, facts) => reports.push(JSON.stringify({ message, ...facts })),
        ...options.wiring?.(gatedEngine),
      };
      return async (step, versionId = "v1", adopted = false) =>
        rotate(deps, { step, secretId: memorySecretId, versionId, adopted }, { work: call, tell: call });
    },
    logsIn(label) {
      const version = store.labelled(label);
      if (version === undefined) return false;
      const secret = parseDatabaseSecret(version.value);
      return [secret, ...secret.otherHosts].every(({ host }) => engine.accepts(secret, host));
    },
    someVersionLogsIn: (host = memoryHost) =>
      store.stored().some((version) => engine.accepts(parseDatabaseSecret(version.value), host)),
  };
}
