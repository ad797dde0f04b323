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

/** What is asked about a user's password for one mechanism, to find out whose it is. */
interface Question {
  readonly held: Held;
  readonly mechanism: Mechanism;
  readonly username: string;
  readonly known: readonly SecretValue[];
  readonly own: SecretPasswords;
}

/**
 * A password that no version of the secret has is somebody else's. A broker shows nobody what it is, so the secret's are tried;
 * once a rotation has succeeded both are the secret's.
 */
async function isSecrets(
  { held, mechanism, username, known, own }: Question,
  logsIn: Probe,
  call: CallOptions,
): Promise<boolean> {
  if (own.wasRotated || !held.has(mechanism)) return true;
  const all = [...known, ...(await own.earlier())];
  const tried = all.filter((one, index) => all.findIndex((other) => other.equals(one)) === index);
  for (const password of tried.slice(0, mostProbes)) {
    if (await logsIn({ username, password, saslMechanism: mechanism.name }, call)) return true;
  }
  return false;
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

const othersPassword = (user: string, { name }: Mechanism): RekeyError =>
  new RekeyError("account-unsupported", {
    context: { user, property: `a password for ${name} that is not the secret's` },
    hint: `somebody else may log in by it: delete it (kafka-configs --alter --delete-config '${name}'), or rotate once with ${strategyTag}=single-user, which replaces it`,
  });

/**
 * The next password for its own mechanism, which leaves the other one's alone: that is the current password's. Errors:
 * `account-unsupported`, those of a broker.
 */
export async function keepBoth(
  connection: Connection,
  current: Credential,
  { username, password, ...rest }: Credential,
  own: SecretPasswords,
  logsIn: Probe,
  call: CallOptions,
): Promise<void> {
  const mechanism = mechanismOf(rest);
  const held = await readHeld(connection, username, call);
  const question = { held, mechanism, username, known: [password, current.password], own };
  if (mechanism !== mechanismOf(current) && !(await isSecrets(question, logsIn, call))) {
    throw othersPassword(username, mechanism);
  }
  await changePasswords(connection, { user: username, password, given: [mechanism], ended: [] }, held, call);
}

/** This password for its own mechanism, and none of the secret's for the other. */
export async function keepOnly(
  connection: Connection,
  { username, password, ...rest }: Credential,
  own: SecretPasswords,
  logsIn: Probe,
  call: CallOptions,
): Promise<void> {
  const mechanism = mechanismOf(rest);
  const other = otherMechanism(mechanism);
  const held = await readHeld(connection, username, call);
  const isOurs = await isSecrets({ held, mechanism: other, username, known: [password], own }, logsIn, call);
  const change = { user: username, password, given: [mechanism], ended: isOurs ? [other] : [] };
  await changePasswords(connection, change, held, call);
}
