import { type DatabaseSecret, isSameLogin, parseDatabaseSecret } from "../secrets/database-secret.ts";
import type { SecretValue } from "../secrets/secret-value.ts";
import { targetsOf } from "./database-targets.ts";
import type { RotationDependencies } from "./dependencies.ts";
import { isAt } from "./grants.ts";
import type { CallOptions } from "../ports/call.ts";
import type { DatabaseTarget } from "../ports/database-engine.ts";
import type { RotationFacts } from "./rotation-facts.ts";
import type { StoredLogin } from "./strategies/strategy.ts";

/** A secret for which another login than its own is looked for. */
export interface LoginSearch {
  readonly deps: RotationDependencies;
  readonly current: DatabaseSecret;
  readonly facts: RotationFacts;
  /** All of the secret's. */
  readonly targets: readonly DatabaseTarget[];
  readonly call: CallOptions;
}

/** Somebody may have put many values with one password. */
const unlabelledRead = 20;
const unlabelledTried = 3;

/**
 * The logins on one target that earlier versions of the secret hold: AWSPREVIOUS, then the newest that no staging label
 * of AWS is on. Each is offered once, with the hosts, the port and the TLS trust of its own version; none that AWSCURRENT
 * has, which was refused, since refused logins lock accounts. A version that does not list each of the secret's targets
 * is passed over: it proves nothing about the others, and the new password would go to them too. So is one of another user's ARN.
 */
export async function* earlierLogins(
  { deps, current, facts, targets, call }: LoginSearch,
  target: DatabaseTarget,
): AsyncGenerator<StoredLogin> {
  const offered: DatabaseSecret[] = [current];
  function* fresh(value: SecretValue): Generator<StoredLogin> {
    let secret: DatabaseSecret;
    try {
      secret = parseDatabaseSecret(value);
    } catch {
      return;
    }
    if (secret.userArn !== current.userArn || offered.some((known) => isSameLogin(known, secret))) return;
    const own = targetsOf(deps, secret, facts);
    if (!targets.every((one) => own.some((listed) => isAt(one, listed)))) return;
    offered.push(secret);
    for (const listed of own) if (isAt(target, listed)) yield { credential: secret, target: listed };
  }
  const { labels } = await deps.store.describe(facts.secretArn, call);
  const hasPrevious = [...labels.values()].some((on) => on.includes("AWSPREVIOUS"));
  const previous = hasPrevious ? await deps.store.read(facts.secretArn, { label: "AWSPREVIOUS" }, call) : undefined;
  if (previous !== undefined) yield* fresh(previous.value);
  const most = offered.length + unlabelledTried;
  for (const { value } of await deps.store.unlabelled(facts.secretArn, unlabelledRead, call)) {
    if (offered.length === most) return;
    yield* fresh(value);
  }
}
