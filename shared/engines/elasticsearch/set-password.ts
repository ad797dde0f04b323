import type { CallOptions } from "../../ports/call.ts";
import type { Credential } from "../../ports/database-engine.ts";
import type { SecretValue } from "../../secrets/secret-value.ts";
import { bcryptHash } from "../connecting/bcrypt-hash.ts";
import { requireNative, requireNativeUser, segment } from "./account.ts";
import { type Change, type Identity, type SecurityApi, securityPath } from "./security-api.ts";

/** The hash by the name that every version takes; `$2b$` of a whole text is the same algorithm. */
export const passwordHash = async (password: SecretValue): Promise<string> =>
  (await bcryptHash(password)).reveal().replace(/^\$2b\$/, "$2a$");

/** Changes the password and nothing else. `undefined` stands for the session's own user. */
export const passwordChange = (user: string | undefined, hash: string): Change => ({
  operation: "set password",
  method: "POST",
  path: user === undefined ? `${securityPath}/user/_password` : `${securityPath}/user/${segment(user)}/_password`,
  json: { password_hash: hash },
});

/** Whose password it is, once the user is one that rekey changes. Errors: `account-unsupported`, those of the API. */
export async function requireChangeable(
  api: SecurityApi,
  own: Identity,
  user: string,
  call: CallOptions,
): Promise<string | undefined> {
  segment(user);
  if (user !== own.username) {
    await requireNativeUser(api, user, call);
    return user;
  }
  requireNative(own);
  return undefined;
}

/** Gives a user its password; one's own needs no right. Errors: `account-unsupported`, those of the API. */
export async function setPassword(api: SecurityApi, own: Identity, next: Credential, call: CallOptions): Promise<void> {
  const user = await requireChangeable(api, own, next.username, call);
  await api.change(passwordChange(user, await passwordHash(next.password)), call);
}
