import { isRekeyError, RekeyError } from "../errors/rekey-error.ts";
import { type DatabaseSecret, parseAdminSecret, parseDatabaseSecret } from "../secrets/database-secret.ts";
import type { SecretValue } from "../secrets/secret-value.ts";
import type { RotationDependencies, RotationFacts } from "./dependencies.ts";
import type { CallOptions, Credential, DatabaseTarget } from "./ports.ts";
import type { RotationStrategy, StrategyContext } from "./strategies/strategy.ts";

/** Everything that a step works with once AWSCURRENT is known. */
export interface Rotation {
  readonly strategy: RotationStrategy;
  readonly current: DatabaseSecret;
  readonly context: StrategyContext;
}

function chooseStrategy(deps: RotationDependencies, current: DatabaseSecret, facts: RotationFacts): RotationStrategy {
  if (!deps.engine.names.includes(current.engine)) {
    throw new RekeyError("engine-unsupported", { context: { engine: current.engine.slice(0, 40) } });
  }
  const name = facts.policy.strategy ?? (current.masterArn === undefined ? "single-user" : "alternating-users");
  const strategy = deps.strategies[name];
  if (strategy === undefined)
    throw new RekeyError("engine-unsupported", { context: { engine: current.engine, strategy: name } });
  return strategy;
}

const sameHost = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

export function targetOf(deps: RotationDependencies, secret: DatabaseSecret, facts: RotationFacts): DatabaseTarget {
  const ca = secret.tlsCa ?? deps.tlsCa;
  return {
    engine: secret.engine,
    host: secret.host,
    port: secret.port ?? deps.engine.defaultPort,
    dbname: secret.dbname ?? deps.engine.defaultDatabase,
    tls: { mode: facts.policy.tlsMode ?? secret.tlsMode ?? "verify-full", ...(ca === undefined ? {} : { ca }) },
  };
}

/** The admin's rights may only be used by an admin secret that the function or the secret's tag allows, on its own host. */
async function readAdmin(
  deps: RotationDependencies,
  current: DatabaseSecret,
  facts: RotationFacts,
  call: CallOptions,
): Promise<Credential | undefined> {
  const arn = current.masterArn ?? facts.policy.adminSecretArn;
  if (arn === undefined) return undefined;
  if (![...deps.adminSecretArns, facts.policy.adminSecretArn].includes(arn)) {
    throw new RekeyError("admin-secret-refused", { context: { admin: arn } });
  }
  const version = await deps.store.read(arn, { label: "AWSCURRENT" }, call);
  if (version === undefined) throw new RekeyError("secret-not-found", { context: { secret: arn } });
  const admin = parseAdminSecret(version.value);
  if (admin.host !== undefined && !sameHost(admin.host, current.host)) {
    throw new RekeyError("admin-secret-refused", { context: { admin: arn, problem: "it is for another host" } });
  }
  return admin;
}

const unlabelledTried = 3;

/** A value's credential where it is for the same server; a value of any other form does not matter. */
function credentialFor(current: DatabaseSecret, value: SecretValue): Credential | undefined {
  try {
    const secret = parseDatabaseSecret(value);
    return sameHost(secret.host, current.host) && secret.port === current.port ? secret : undefined;
  } catch (error) {
    if (isRekeyError(error, "secret-malformed")) return undefined;
    throw error;
  }
}

async function* earlierCredentials(
  deps: RotationDependencies,
  current: DatabaseSecret,
  facts: RotationFacts,
  call: CallOptions,
): AsyncGenerator<Credential> {
  const previous = await deps.store.read(facts.secretArn, { label: "AWSPREVIOUS" }, call);
  const credential = previous === undefined ? undefined : credentialFor(current, previous.value);
  if (credential !== undefined) yield credential;
  for (const { value } of await deps.store.unlabelled(facts.secretArn, unlabelledTried, call)) {
    const unlabelled = credentialFor(current, value);
    if (unlabelled !== undefined) yield unlabelled;
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
  const target = targetOf(deps, current, facts);
  if (target.tls.mode !== "verify-full") {
    deps.report("the connection to the database is not fully verified", {
      secret: facts.secretArn,
      tls: target.tls.mode,
    });
  }
  return {
    strategy,
    current,
    context: {
      target,
      policy: facts.policy,
      call,
      earlier: () => earlierCredentials(deps, current, facts, call),
      admin: async () => readAdmin(deps, current, facts, call),
    },
  };
}

/**
 * Compares AWSPENDING with what this rotation would have made, before any connection is opened. A copy of AWSCURRENT is
 * also right: Secrets Manager tests one when a rotation is set up without rotating at once. Errors: `pending-tampered`,
 * naming the field.
 */
export function comparePending({ strategy, current, context }: Rotation, pending: DatabaseSecret): void {
  const isCopy = pending.username === current.username && pending.password.equals(current.password);
  const expected: Partial<Record<keyof DatabaseSecret, unknown>> = {
    engine: current.engine,
    host: current.host,
    port: current.port,
    dbname: current.dbname,
    masterArn: current.masterArn,
    tlsMode: current.tlsMode,
    tlsCa: current.tlsCa,
    username: isCopy ? current.username : strategy.expectedUsername(current, context.policy),
  };
  for (const [field, value] of Object.entries(expected)) {
    if (Reflect.get(pending, field) !== value) throw new RekeyError("pending-tampered", { context: { field } });
  }
}
