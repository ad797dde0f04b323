import { RekeyError } from "../errors/rekey-error.ts";
import { type DatabaseSecret, parseAdminSecret, parseDatabaseSecret } from "../secrets/database-secret.ts";
import type { SecretValue } from "../secrets/secret-value.ts";
import { targetsOf } from "./database-targets.ts";
import type { RotationDependencies, RotationFacts } from "./dependencies.ts";
import type { CallOptions, Credential, DatabaseTarget, StagingLabel } from "./ports.ts";
import type { RotationStrategy, StrategyContext } from "./strategies/strategy.ts";

/** Everything that a step works with once AWSCURRENT is known. */
export interface Rotation {
  readonly strategy: RotationStrategy;
  readonly current: DatabaseSecret;
  /** One for each server that has the user; most secrets have one. */
  readonly hosts: readonly [StrategyContext, ...StrategyContext[]];
}

function chooseStrategy(deps: RotationDependencies, current: DatabaseSecret, facts: RotationFacts): RotationStrategy {
  if (deps.engine.names.length > 0 && !deps.engine.names.includes(current.engine)) {
    throw new RekeyError("engine-unsupported", { context: { engine: current.engine.slice(0, 40) } });
  }
  const asInSamples = current.masterArn === undefined ? "single-user" : "alternating-users";
  const name =
    facts.policy.strategy ?? (deps.strategies[asInSamples] === undefined ? deps.defaultStrategy : asInSamples);
  const strategy = deps.strategies[name];
  if (strategy === undefined)
    throw new RekeyError("engine-unsupported", { context: { engine: current.engine, strategy: name } });
  return strategy;
}

const sameHost = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

const adminLabels: readonly StagingLabel[] = ["AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"];

/** The admin's rights may only be used by an admin secret that the function or the secret's tag allows, on its own host. */
async function* adminCredentials(
  deps: RotationDependencies,
  current: DatabaseSecret,
  facts: RotationFacts,
  call: CallOptions,
): AsyncGenerator<Credential> {
  const arn = current.masterArn ?? facts.policy.adminSecretArn;
  if (arn === undefined) return;
  if (![...deps.adminSecretArns, facts.policy.adminSecretArn].includes(arn)) {
    throw new RekeyError("admin-secret-refused", { context: { admin: arn } });
  }
  for (const label of adminLabels) {
    const version = await deps.store.read(arn, { label }, call);
    if (version === undefined && label === "AWSCURRENT") {
      throw new RekeyError("secret-not-found", { context: { secret: arn } });
    }
    if (version === undefined) continue;
    const admin = parseAdminSecret(version.value);
    if (admin.host !== undefined && !sameHost(admin.host, current.host)) {
      throw new RekeyError("admin-secret-refused", { context: { admin: arn, problem: "it is for another host" } });
    }
    yield { ...admin, authSource: admin.authSource ?? deps.engine.defaultDatabase };
  }
}

/** Somebody may have put many values with one password. */
const unlabelledRead = 20;
const unlabelledTried = 3;

/** A value's credential where it is for the same server; a value of any other form does not matter. */
function credentialFor(current: DatabaseSecret, value: SecretValue): Credential | undefined {
  let secret: DatabaseSecret;
  try {
    secret = parseDatabaseSecret(value);
  } catch {
    return undefined;
  }
  return sameHost(secret.host, current.host) && secret.port === current.port ? secret : undefined;
}

/** Each once, and none that `current` has, which was refused: refused logins lock accounts. */
async function* earlierCredentials(
  deps: RotationDependencies,
  current: DatabaseSecret,
  facts: RotationFacts,
  call: CallOptions,
): AsyncGenerator<Credential> {
  const offered: Credential[] = [current];
  function* fresh(value: SecretValue): Generator<Credential> {
    const credential = credentialFor(current, value);
    if (credential === undefined || offered.some((known) => isCopyOfCurrent(known, credential))) return;
    offered.push(credential);
    yield credential;
  }
  const previous = await deps.store.read(facts.secretArn, { label: "AWSPREVIOUS" }, call);
  if (previous !== undefined) yield* fresh(previous.value);
  const most = offered.length + unlabelledTried;
  for (const { value } of await deps.store.unlabelled(facts.secretArn, unlabelledRead, call)) {
    if (offered.length === most) return;
    yield* fresh(value);
  }
}

export function rotationOf(
  deps: RotationDependencies,
  value: SecretValue,
  facts: RotationFacts,
  call: CallOptions,
): Rotation {
  const current = parseDatabaseSecret(value);
  const strategy = chooseStrategy(deps, current, facts);
  const [target, ...others] = targetsOf(deps, current, facts);
  if (target.tls.mode !== "verify-full") {
    deps.report("the connection to the database is not fully verified", {
      secret: facts.secretArn,
      tls: target.tls.mode,
    });
  }
  const contextOf = (at: DatabaseTarget): StrategyContext => ({
    target: at,
    policy: facts.policy,
    call,
    earlier: () => earlierCredentials(deps, current, facts, call),
    hasAdmin: (current.masterArn ?? facts.policy.adminSecretArn) !== undefined,
    admins: () => adminCredentials(deps, current, facts, call),
  });
  return { strategy, current, hosts: [contextOf(target), ...others.map(contextOf)] };
}

export const isCopyOfCurrent = (current: Credential, pending: Credential): boolean =>
  pending.username === current.username && pending.password.equals(current.password);

/**
 * Compares AWSPENDING with what this rotation would have made, before any connection is opened. A copy of AWSCURRENT is
 * also right: Secrets Manager tests one when a rotation is set up without rotating at once. Errors: `pending-tampered`,
 * naming the field.
 */
export function comparePending({ strategy, current, hosts }: Rotation, pending: DatabaseSecret): void {
  const expectedUsername = isCopyOfCurrent(current, pending)
    ? current.username
    : strategy.expectedUsername(current, hosts[0].policy);
  const kept = ["engine", "host", "port", "dbname", "authSource", "masterArn", "tlsMode", "tlsCa"] as const;
  const other = kept.find((field) => pending[field] !== current[field]);
  const field =
    other ??
    (JSON.stringify(pending.otherHosts) === JSON.stringify(current.otherHosts) ? undefined : "hosts") ??
    (expectedUsername === undefined || pending.username === expectedUsername ? undefined : "username");
  if (field !== undefined) throw new RekeyError("pending-tampered", { context: { field } });
}
