import { randomBytes, randomInt } from "node:crypto";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { SecretValue } from "../../secrets/secret-value.ts";
import type { Api, Connection } from "./connection.ts";
import { type Mechanism, mechanisms } from "./mechanisms.ts";
import { saltedPassword } from "./scram-login.ts";
import { errors, requireNone } from "./translate-error.ts";
import { pause, until } from "./until.ts";
import { compactArray, compactBytes, compactString, int32, int8, noTags } from "./wire.ts";

/** How often each password of a user is hashed, by the mechanism that it is for. */
export type Held = ReadonlyMap<Mechanism, number>;

/** What brokers take. Source: ScramMechanism in Kafka's clients. */
const bounds = { least: 4_096, most: 16_384 } as const;
const usualIterations = 8_192;
const band = 64;

/** Far more than a broker needs from what it shows to what it logs in by. */
const settleMs = 50;

interface Results {
  readonly error: number;
  readonly users: readonly { readonly user: string; readonly error: number; readonly held: Held }[];
}

const describe: Api<Results> = {
  operation: "read user",
  key: 50,
  version: 0,
  isFlexible: true,
  read(answer) {
    answer.int32();
    const error = answer.int16();
    answer.compactString();
    const users = answer.compactArray(() => {
      const [user, userError] = [answer.compactString(), answer.int16()];
      answer.compactString();
      const infos = answer.compactArray(() => [answer.int8(), answer.int32()] as const);
      const held = mechanisms.flatMap((mechanism) =>
        infos.filter(([id]) => id === mechanism.id).map(([, iterations]) => [mechanism, iterations] as const),
      );
      return { user, error: userError, held: new Map(held) };
    });
    answer.tags();
    return { error, users };
  },
};

const alter: Api<readonly { readonly user: string; readonly error: number }[]> = {
  operation: "change password",
  key: 51,
  version: 0,
  isFlexible: true,
  read(answer) {
    answer.int32();
    const results = answer.compactArray(() => {
      const [user, error] = [answer.compactString(), answer.int16()];
      answer.compactString();
      return { user, error };
    });
    answer.tags();
    return results;
  },
};

/** The mechanisms that a user has a password for, none for a user that does not exist. Errors: those of a broker. */
export async function readHeld(connection: Connection, user: string, call: CallOptions): Promise<Held> {
  const asked = [compactArray([[compactString(user)]]), noTags];
  const { error, users } = await connection.ask(describe, asked, call);
  requireNone(error, describe.operation);
  const [found] = users;
  if (users.length !== 1 || found?.user !== user) {
    throw new RekeyError("server-misbehaved", { context: { operation: describe.operation, problem: "another user" } });
  }
  if (found.error === errors.noSuchCredential) return new Map();
  requireNone(found.error, describe.operation);
  return found.held;
}

/** About as many as now, and another number, so that a broker shows that it has heard of a change, also of two at once. */
function nextIterations(now: number = usualIterations): number {
  const least = Math.min(Math.max(now - (now % band), bounds.least), bounds.most - band);
  const next = least + randomInt(band - 1);
  return next < now ? next : next + 1;
}

/** Waits until the broker has heard of it, and for the moment until its logins have too. Errors: `database-busy`. */
async function untilHeard(
  connection: Connection,
  user: string,
  isHeard: (held: Held) => boolean,
  call: CallOptions,
): Promise<void> {
  await until(async () => isHeard(await readHeld(connection, user, call)), call);
  await pause(settleMs, call);
}

/** What becomes of a user's passwords. */
export interface PasswordChange {
  readonly user: string;
  readonly password: SecretValue;
  readonly given: readonly Mechanism[];
  readonly ended: readonly Mechanism[];
}

async function send(
  connection: Connection,
  user: string,
  deletions: readonly (readonly Buffer[])[],
  upsertions: readonly (readonly Buffer[])[],
  call: CallOptions,
): Promise<void> {
  const results = await connection.ask(alter, [compactArray(deletions), compactArray(upsertions), noTags], call);
  if (results.length === 0 || results.some((result) => result.user !== user)) {
    throw new RekeyError("server-misbehaved", { context: { operation: alter.operation, problem: "another user" } });
  }
  for (const { error } of results) if (error !== errors.noSuchCredential) requireNone(error, alter.operation);
}

/**
 * Gives the password to each of these mechanisms, one request for each, and then ends the others; it returns once the broker
 * has heard of both. The broker is sent what SCRAM makes of a password, with a salt of its own. Idempotent. Errors: those of a
 * broker.
 */
export async function changePasswords(
  connection: Connection,
  { user, password, given, ended }: PasswordChange,
  held: Held,
  call: CallOptions,
): Promise<void> {
  for (const mechanism of given) {
    const before = held.get(mechanism);
    const iterations = nextIterations(before);
    const salt = randomBytes(32);
    const salted = await saltedPassword(password, salt, iterations, mechanism);
    const upsertion = [compactString(user), int8(mechanism.id), int32(iterations), compactBytes(salt)];
    await send(connection, user, [], [[...upsertion, compactBytes(salted)]], call);
    await untilHeard(connection, user, (now) => now.has(mechanism) && now.get(mechanism) !== before, call);
  }
  for (const mechanism of ended.filter((one) => held.has(one))) {
    await send(connection, user, [[compactString(user), int8(mechanism.id)]], [], call);
    await untilHeard(connection, user, (now) => !now.has(mechanism), call);
  }
}
