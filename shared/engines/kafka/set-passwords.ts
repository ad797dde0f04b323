import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Credential, SecretPasswords } from "../../ports/database-engine.ts";
import type { SecretValue } from "../../secrets/secret-value.ts";
import { strategyTag } from "../../tags/tag-names.ts";
import type { Connection } from "./connection.ts";
import { changePasswords, type Held, readHeld } from "./credentials.ts";
import { type Mechanism, mechanismOf, otherMechanism } from "./mechanisms.ts";

/** Whether this credential logs in, on a connection of its own. */
export type Probe = (credential: Credential, call: CallOptions) => Promise<boolean>;

const mostProbes = 4;

/**
 * A password for the other mechanism that no version of the secret has is somebody else's. A broker shows nobody what it is,
 * so the secret's are tried; once a rotation has succeeded both are the secret's. Errors: `account-unsupported`.
 */
async function requireOwn(
  held: Held,
  mechanism: Mechanism,
  username: string,
  known: readonly SecretValue[],
  { wasRotated, earlier }: SecretPasswords,
  logsIn: Probe,
  call: CallOptions,
): Promise<void> {
  if (wasRotated || !held.has(mechanism)) return;
  const all = [...known, ...(await earlier())];
  const tried = all.filter((one, index) => all.findIndex((other) => other.equals(one)) === index);
  for (const password of tried.slice(0, mostProbes)) {
    if (await logsIn({ username, password, saslMechanism: mechanism.name }, call)) return;
  }
  throw new RekeyError("account-unsupported", {
    context: { user: username, property: `a password for ${mechanism.name} that is not the secret's` },
    hint: `somebody else may log in by it: delete it (kafka-configs --alter --delete-config '${mechanism.name}'), or rotate once with ${strategyTag}=single-user, which replaces it`,
  });
}

/**
 * The user's one password, for each mechanism that it has one for. The secret's own mechanism comes last: until then the
 * current password logs in, and the step is repeated. Errors: `credential-refused`, those of a broker.
 */
export async function setPassword(connection: Connection, next: Credential, call: CallOptions): Promise<void> {
  const own = mechanismOf(next);
  const held = await readHeld(connection, next.username, call);
  if (held.size === 0) {
    throw new RekeyError("credential-refused", { context: { user: next.username, problem: "no such user" } });
  }
  const given = [...[...held.keys()].filter((mechanism) => mechanism !== own), own];
  await changePasswords(connection, { user: next.username, password: next.password, given, ended: [] }, held, call);
}

/** The next password for its own mechanism, which leaves the other one's alone: that is the current password's. */
export async function keepBoth(
  connection: Connection,
  current: Credential,
  next: Credential,
  own: SecretPasswords,
  logsIn: Probe,
  call: CallOptions,
): Promise<void> {
  const mechanism = mechanismOf(next);
  const held = await readHeld(connection, next.username, call);
  if (mechanism !== mechanismOf(current)) {
    await requireOwn(held, mechanism, next.username, [next.password, current.password], own, logsIn, call);
  }
  const change = { user: next.username, password: next.password, given: [mechanism], ended: [] };
  await changePasswords(connection, change, held, call);
}

/** This password for its own mechanism, and none for the other. */
export async function keepOnly(
  connection: Connection,
  { username, password, ...rest }: Credential,
  own: SecretPasswords,
  logsIn: Probe,
  call: CallOptions,
): Promise<void> {
  const mechanism = mechanismOf(rest);
  const held = await readHeld(connection, username, call);
  await requireOwn(held, otherMechanism(mechanism), username, [password], own, logsIn, call);
  const change = { user: username, password, given: [mechanism], ended: [otherMechanism(mechanism)] };
  await changePasswords(connection, change, held, call);
}
