import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { SecretPasswords } from "../../ports/database-engine.ts";
import type { SecretValue } from "../../secrets/secret-value.ts";
import { strategyTag } from "../../tags/tag-names.ts";
import { readPasswords } from "./account.ts";
import { carryOut, type Exchange } from "./change-passwords.ts";
import type { Connection } from "./connection.ts";
import { isOf, isRecomputed, isReplacement, schemeOf, storedFor } from "./stored-password.ts";

/** Two invocations of one step, and somebody who works on the user by hand. */
const mostTries = 3;

/** Not computed here, and yet known to be a password's own hash and no more. */
const replaceable = new Set(["ARGON2", "CRYPT", "PBKDF2"]);

const unsupported = (user: string, property: string, hint: string): RekeyError =>
  new RekeyError("account-unsupported", { context: { user, property }, hint });

/** The user's only value, which is not known to be the secret's own, and which may be put out of force all the same. */
function soleValue(user: string, values: readonly Buffer[], isKnown: boolean): Buffer {
  const [value, ...more] = values;
  if (value === undefined || more.length > 0) {
    throw unsupported(
      user,
      "several passwords",
      "the user has several passwords and none can be told to be the secret's: delete the values of userPassword that nobody uses",
    );
  }
  if (replaceable.has(schemeOf(value)) || (!isKnown && isRecomputed(value))) return value;
  throw unsupported(
    user,
    `password kept as ${schemeOf(value)}`,
    "userPassword does not hold the password that the server takes, but leads to another place: change the password there",
  );
}

/** The secret's one password in place of the one that it had. `current` is one that has just logged in. */
export function replacing(user: string, next: SecretValue, current: SecretValue | undefined) {
  return (values: readonly Buffer[]): Exchange => {
    const held = values.some((value) => isOf(value, next));
    const isCurrent = (value: Buffer): boolean => current?.equals(next) === false && isOf(value, current);
    const taken = values.find(isCurrent);
    // Where the user had two passwords until now, the one before the current one ends as well.
    const old = values.filter((value) => isCurrent(value) || (taken !== undefined && isReplacement(taken, value)));
    const endedPassword = async (): Promise<SecretValue | undefined> => current;
    if (held) return { added: undefined, ended: old, endedPassword };
    const ended = old.length > 0 ? old : [soleValue(user, values, current !== undefined)];
    return { added: storedFor(next, ended[0], taken), ended, endedPassword };
  };
}

/**
 * These passwords and nothing else of the secret's; the first has logged in, unless it replaces what no version has. Values of
 * other passwords are somebody else's and stay.
 */
export function keeping(user: string, kept: readonly [SecretValue, ...SecretValue[]], own: SecretPasswords) {
  return async (values: readonly Buffer[]): Promise<Exchange> => {
    const [first] = kept;
    const last = kept.at(-1) ?? first;
    const takenBy = values.find((value) => isOf(value, first));
    if (takenBy === undefined && kept.length > 1) {
      throw unsupported(
        user,
        `password kept as ${schemeOf(values.find((value) => !isRecomputed(value)) ?? values[0] ?? Buffer.alloc(0))}`,
        `which of the user's values is the current password cannot be computed here, so it could not be taken off later: rotate once with ${strategyTag}=single-user, which replaces it`,
      );
    }
    const others = values.filter((value) => !kept.some((password) => isOf(value, password)));
    if (takenBy === undefined && values.length === 1) {
      const sole = soleValue(user, values, false);
      return { added: storedFor(last, sole, undefined), ended: [sole], endedPassword: async () => undefined };
    }
    const added = values.some((value) => isOf(value, last)) ? undefined : storedFor(last, takenBy, takenBy);
    const [one, ...more] = others;
    const isKnown = one !== undefined && more.length === 0 && takenBy !== undefined && isReplacement(takenBy, one);
    const earlier = isKnown || one === undefined ? [] : await own.earlier();
    const ended = isKnown ? others : others.filter((value) => earlier.some((password) => isOf(value, password)));
    const endedPassword = async (): Promise<SecretValue | undefined> =>
      (await own.earlier()).find((password) => ended.some((value) => isOf(value, password)));
    return { added, ended, endedPassword };
  };
}

/**
 * Reads the user's values, decides what becomes of them, and does it, again where somebody else came first. Idempotent. Errors:
 * those of `readPasswords` and `carryOut`, `account-unsupported`, `database-busy`.
 */
export async function changePasswords(
  connection: Connection,
  user: string,
  plan: (values: readonly Buffer[]) => Exchange | Promise<Exchange>,
  call: CallOptions,
): Promise<void> {
  for (let attempt = 1; attempt <= mostTries; attempt++) {
    const exchange = await plan(await readPasswords(connection, user, call));
    if (await carryOut(connection, user, exchange, call)) return;
  }
  throw new RekeyError("database-busy", { context: { user, problem: "others change the user's passwords" } });
}
