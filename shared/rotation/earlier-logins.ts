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

/** What a version's value holds for one target, unless it is known already or may not be offered there. */
function storedLogins(
  { deps, current, facts, targets }: LoginSearch,
  target: DatabaseTarget,
  value: SecretValue,
  known: readonly DatabaseSecret[],
): { readonly secret: DatabaseSecret; readonly logins: readonly StoredLogin[] } | undefined {
  let secret: DatabaseSecret;
  try {
    secret = parseDatabaseSecret(value);
  } catch {
    return undefined;
  }
  if (secret.userArn !== current.userArn || known.some((one) => isSameLogin(one, secret))) return undefined;
  const own = targetsOf(deps, secret, facts);
  if (!targets.every((one) => own.some((listed) => isAt(one, listed)))) return undefined;
  const logins = own.filter((listed) => isAt(target, listed)).map((listed) => ({ credential: secret, target: listed }));
  return { secret, logins };
}

/** AWSPREVIOUS's login on one target, under the same conditions as `earlierLogins` has. */
export async function replacedLogin(search: LoginSearch, target: DatabaseTarget): Promise<StoredLogin | undefined> {
  const { deps, current, facts, call } = search;
  const previous = await deps.store.read(facts.secretArn, { label: "AWSPREVIOUS" }, call);
  return previous && storedLogins(search, target, previous.value, [current])?.logins[0];
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
export async function* earlierLogins(search: LoginSearch, target: DatabaseTarget): AsyncGenerator<StoredLogin> {
  const { deps, current, facts, call } = search;
  const offered: DatabaseSecret[] = [current];
  function* fresh(value: SecretValue): Generator<StoredLogin> {
    const stored = storedLogins(search, target, value, offered);
    if (stored === undefined) return;
    offered.push(stored.secret);
    yield* stored.logins;
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
