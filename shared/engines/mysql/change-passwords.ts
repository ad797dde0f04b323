import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { ChangeTerms, Credential } from "../../ports/database-engine.ts";
import { unsupported } from "../mysql-family/account.ts";
import type { Connection } from "../mysql-family/connection.ts";
import { errorNumber } from "../mysql-family/translate-error.ts";
import { opens } from "./account.ts";
import type { Facts } from "./product.ts";
import { type AccountToChange, discardOld, accountsToChange, setStoredPassword, mayKeepTwo } from "./set-password.ts";

/** Makes this the only password of the user, in every account of its name that the current one opens. */
export async function setOnly(
  connection: Connection,
  facts: Facts,
  credential: Credential,
  terms: ChangeTerms,
  call: CallOptions,
): Promise<void> {
  const { current } = terms;
  const opening = [...(current === undefined ? [] : [current]), credential];
  const found = await accountsToChange(connection, facts, credential, { ...terms, opening }, call);
  for (const account of found.accounts) {
    await setStoredPassword(connection, account, credential, { current }, call);
    // A user that may not keep two passwords may not discard one either.
    if (mayKeepTwo(found)) await discardOld(connection, account, call);
  }
}

/** Of `REPLACE`: the primary password is another one. */
const wrongCurrent = 3891;
/** The account had this password: with `REPLACE` of the same one, it has it. */
const inHistory = 3638;

const isOf = (error: unknown, number: number): boolean => errorNumber(error) === number;

/** Whether the password is the primary one, which such a session cannot read: by replacing it with itself. */
async function isPrimary(connection: Connection, account: AccountToChange, credential: Credential, call: CallOptions) {
  try {
    await setStoredPassword(
      connection,
      { ...account, requiresCurrent: true },
      credential,
      { current: credential },
      call,
    );
    return true;
  } catch (error) {
    if (isOf(error, inHistory)) return true;
    if (isOf(error, wrongCurrent)) return false;
    throw error;
  }
}

/** Makes one of the two passwords that log in the primary one; the other stays beside it or is lost. */
async function makePrimary(
  connection: Connection,
  account: AccountToChange,
  credential: Credential,
  call: CallOptions,
) {
  if (!account.byText) return setStoredPassword(connection, account, credential, {}, call);
  if (await isPrimary(connection, account, credential, call)) return;
  if (account.requiresCurrent) {
    const hint =
      "the password to keep is the account's second one, and the user may change the first only by naming it: give the secret an admin";
    throw unsupported(credential.username, "PASSWORD REQUIRE CURRENT", hint);
  }
  await setStoredPassword(connection, account, credential, {}, call);
}

/** Whichever of the two is primary now: a second RETAIN of the next one would lose the current one. */
async function keepBothOf(
  connection: Connection,
  account: AccountToChange,
  [current, next]: readonly [Credential, Credential],
  call: CallOptions,
): Promise<void> {
  const { plugin, row } = account;
  const retain = async (how: AccountToChange): Promise<void> =>
    setStoredPassword(connection, how, next, { current, retains: true }, call);
  if (account.byText) {
    try {
      return await retain({ ...account, requiresCurrent: true });
    } catch (error) {
      if (!isOf(error, wrongCurrent)) throw error;
    }
    if (await isPrimary(connection, account, next, call)) return;
    await makePrimary(connection, account, current, call);
  } else if (row === undefined) {
    await makePrimary(connection, account, current, call);
  } else if (!(await opens(plugin, row.stored, current, call))) {
    const isDone =
      (await opens(plugin, row.stored, next, call)) && (await opens(plugin, row.additional, current, call));
    if (isDone) return;
    await makePrimary(connection, account, current, call);
  }
  await retain(account);
}

/** Makes exactly these two passwords of the user log in. Idempotent. Errors: `database-rights-missing`. */
export async function keepBoth(
  connection: Connection,
  facts: Facts,
  both: readonly [Credential, Credential],
  call: CallOptions,
): Promise<void> {
  const [current] = both;
  const found = await accountsToChange(connection, facts, current, { current, opening: both }, call);
  if (!mayKeepTwo(found)) {
    throw new RekeyError("database-rights-missing", {
      context: { user: current.username, missing: "APPLICATION_PASSWORD_ADMIN" },
      hint: "GRANT APPLICATION_PASSWORD_ADMIN ON *.* TO the user, or give the secret an admin",
    });
  }
  for (const account of found.accounts) await keepBothOf(connection, account, both, call);
}

/** Makes this password, one of those that log in, the only one of its user. Idempotent. */
export async function keepOnly(
  connection: Connection,
  facts: Facts,
  credential: Credential,
  call: CallOptions,
): Promise<void> {
  const found = await accountsToChange(
    connection,
    facts,
    credential,
    { current: credential, opening: [credential] },
    call,
  );
  for (const account of found.accounts) {
    await makePrimary(connection, account, credential, call);
    await discardOld(connection, account, call);
  }
}
