import { RekeyError } from "../errors/rekey-error.ts";
import type { CallOptions } from "../ports/call.ts";
import { isSameLogin, parseDatabaseSecret } from "../secrets/database-secret.ts";
import type { SecretValue } from "../secrets/secret-value.ts";
import type { RotationDependencies } from "./dependencies.ts";
import { type Rotation, rotationOf } from "./rotation-context.ts";
import type { RotationFacts } from "./rotation-facts.ts";
import type { Versions } from "./strategies/strategy.ts";

export interface ComparedRotation {
  readonly rotation: Rotation;
  readonly versions: Versions;
}

/**
 * Compares AWSPENDING with what a rotation of AWSCURRENT would have made, before any connection is opened. A copy of AWSCURRENT
 * is also right: Secrets Manager tests one when a rotation is set up without rotating at once. Errors: `pending-tampered`,
 * naming the field, and those of `rotationOf`.
 */
export function comparePending(
  deps: RotationDependencies,
  facts: RotationFacts,
  values: { readonly current: SecretValue; readonly pending: SecretValue },
  call: CallOptions,
): ComparedRotation {
  const rotation = rotationOf(deps, values.current, facts, call);
  const { strategy, current } = rotation;
  const pending = parseDatabaseSecret(values.pending);
  const isCopy = isSameLogin(current, pending);
  const expectedUsername = isCopy ? current.username : strategy.expectedUsername(current, facts.policy);
  const mechanism = (isCopy ? undefined : strategy.expectedMechanism?.(current)) ?? current.saslMechanism;
  const kept = [
    "engine",
    "host",
    "port",
    "dbname",
    "authSource",
    "account",
    "masterArn",
    "userArn",
    "tlsMode",
    "tlsCa",
  ] as const;
  const other = kept.find((field) => pending[field] !== current[field]);
  const field =
    other ??
    (JSON.stringify(pending.otherHosts) === JSON.stringify(current.otherHosts) ? undefined : "hosts") ??
    (expectedUsername === undefined || pending.username === expectedUsername ? undefined : "username") ??
    (pending.saslMechanism === mechanism ? undefined : "sasl_mechanism");
  if (field !== undefined) throw new RekeyError("pending-tampered", { context: { field } });
  return { rotation, versions: { current, pending } };
}
