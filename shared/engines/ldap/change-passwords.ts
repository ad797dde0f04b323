import type { CallOptions } from "../../ports/call.ts";
import type { SecretValue } from "../../secrets/secret-value.ts";
import type { Connection, ValueChange } from "./connection.ts";
import type { Result } from "./guard-answers.ts";
import { userPassword } from "./account.ts";
import { resultError } from "./translate-error.ts";

/** What becomes of a user's stored passwords. */
export interface Exchange {
  readonly added: Buffer | undefined;
  readonly ended: readonly Buffer[];
  /** The password that the ended value is of, where it is known. */
  readonly endedPassword: () => Promise<SecretValue | undefined>;
}

const success = 0;
const noSuchAttribute = 16;
const valueExists = 20;
const unwillingToPerform = 53;
const operation = "change password";

const changeOf = (name: ValueChange["operation"], ...values: readonly Buffer[]): ValueChange => ({
  operation: name,
  values,
});

/**
 * Carries out an exchange; `false` where somebody has changed the user in between. Values are taken off by their own bytes, so
 * that no other one can be meant. Where a password policy is in force, slapd takes a new value together with an old one's end
 * only if the old password itself is named, in place of its hash: then that is sent, a password that ends by it. Where it is
 * not known, the new value comes first and the old one's end follows. Errors: those of `resultError`.
 */
export async function carryOut(
  connection: Connection,
  dn: string,
  { added, ended, endedPassword }: Exchange,
  call: CallOptions,
): Promise<boolean> {
  const attempt = async (...changes: readonly ValueChange[]): Promise<Result> =>
    connection.modify(dn, userPassword, changes, call);
  const isDone = (result: Result): boolean => {
    if (result.code === success) return true;
    if (result.code === noSuchAttribute || result.code === valueExists) return false;
    throw resultError(result, operation);
  };
  const end = changeOf("delete", ...ended);
  if (added === undefined) return ended.length === 0 || isDone(await attempt(end));
  const add = changeOf("add", added);
  if (ended.length === 0) return isDone(await attempt(add));
  const result = await attempt(end, add);
  if (result.code !== unwillingToPerform) return isDone(result);
  const password = ended.length === 1 ? await endedPassword() : undefined;
  if (password !== undefined) {
    return isDone(await attempt(changeOf("delete", Buffer.from(password.reveal(), "utf8")), add));
  }
  return isDone(await attempt(add)) && isDone(await attempt(end));
}
