import { RekeyError } from "../../errors/rekey-error.ts";
import type { AccessKey, AccessKeys } from "../../ports/access-keys.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { CredentialIssuer } from "../../ports/credential-issuer.ts";
import type { Credential, DatabaseEngine, DatabaseTarget } from "../../ports/database-engine.ts";
import { grantedUser, type IsUserGranted } from "./granted-user.ts";
import { type KeyHolder, keyState } from "./key-holder.ts";
import { issuingNow, type Ledger, ledgerTags, readLedger } from "./ledger.ts";
import { smtpMembers } from "./smtp-password.ts";
import { deactivateSpare, removeSpare, type SpareKeys } from "./spare-key.ts";

export interface IamAccessKeyOptions extends Pick<KeyHolder, "keys" | "pause"> {
  readonly keys: AccessKeys;
  readonly isGranted: IsUserGranted;
  /** Now, in milliseconds since 1970. */
  readonly nowMs?: () => number;
  /** How long a replaced key was not used before it is ended, in milliseconds. Default: four hours. */
  readonly quietMs?: number;
}

/** AWS's quota, which cannot be raised. */
const mostKeys = 2;

const notHeld = (user: string, { username: key }: Credential): RekeyError =>
  new RekeyError("credential-refused", {
    context: { user, key },
    hint: "AWSCURRENT's key is deleted, inactive or has another secret, so no other key of the user is touched: activate it, or put a working key of the user into the secret",
  });

/**
 * The access keys of IAM users. A user name is a key's id, a password its secret access key, and the secret's `UserName` says
 * whose key it is: a user that the function's configuration grants to the secret. Which keys were issued for the secret is
 * noted in the user's tags, which nobody can write by way of the secret.
 *
 * Errors: `option-invalid` for a user that is not granted, `secret-malformed` for one that IAM does not have and for a key of
 * another user; `account-unsupported` for a second key that rekey did not issue; `grace-not-over` while the replaced key is in use;
 * `credential-refused`, `database-busy`; those of `AccessKeys`.
 */
export function iamAccessKeyEngine(options: IamAccessKeyOptions): DatabaseEngine & CredentialIssuer {
  const { keys, pause, isGranted, nowMs = Date.now, quietMs = 4 * 3_600_000 } = options;

  async function holderOf(target: DatabaseTarget, call: CallOptions): Promise<KeyHolder & { readonly ledger: Ledger }> {
    const user = grantedUser(target, isGranted);
    const owner = await keys.owner(user, call);
    if (owner !== undefined) {
      return { keys, user, owner, nowMs, pause, ledger: readLedger(owner.tags, target.secretName ?? "") };
    }
    throw new RekeyError("secret-malformed", {
      context: { field: "UserName", user, problem: "IAM has no such user" },
      hint: "name the IAM user whose key it is; its path is not part of the name",
    });
  }

  /** The active key of this credential, which has just signed; none where it does not. */
  async function heldKey(
    holder: KeyHolder,
    credential: Credential,
    listed: readonly AccessKey[],
    call: CallOptions,
  ): Promise<AccessKey | undefined> {
    const key = listed.find(({ id, isActive }) => isActive && id === credential.username);
    return key !== undefined && (await keyState(holder, credential, call)) === "works" ? key : undefined;
  }

  const spareOf = (holder: KeyHolder, ledger: Ledger, { createdAt }: AccessKey): SpareKeys => ({
    keys,
    user: holder.user,
    ledger,
    nowMs: nowMs(),
    quietMs,
    replacedAt: createdAt,
  });

  return {
    capabilities: { hashesPasswordOnClient: false },
    names: ["iam-access-key"],
    defaultPort: 443,
    defaultDatabase: "",
    maxUsernameBytes: 128,
    async login(target, credential, call) {
      const holder = await holderOf(target, call);
      const state = await keyState(holder, credential, call);
      if (state === "works") return { ok: true, session: { async [Symbol.asyncDispose]() {} } };
      const hint = `the key is inactive: aws iam update-access-key --user-name ${holder.user} --access-key-id ${credential.username} --status Active`;
      return state === "inactive"
        ? { ok: false, refusal: "login-not-allowed", hint }
        : { ok: false, refusal: "bad-credential" };
    },
    async issue(target, current, call, history) {
      const { secretName = "" } = target;
      const { ledger, ...holder } = await holderOf(target, call);
      const { user } = holder;
      let listed = await keys.list(user, call);
      const held = await heldKey(holder, current, listed, call);
      // The key that the secret had before anything was issued for it is the first one of its own.
      const issued = ledger.issued ?? (held === undefined ? [] : [held.id]);
      if (listed.length >= mostKeys) {
        if (held === undefined) throw notHeld(user, current);
        const isStored = (id: string) => async (): Promise<boolean> => {
          for await (const { credential } of history?.earlier?.() ?? []) if (credential.username === id) return true;
          return false;
        };
        const spare = spareOf(holder, { ...ledger, issued }, held);
        for (const key of listed) if (key.id !== held.id) await removeSpare(spare, key, isStored(key.id), call);
        listed = [held];
      }
      const ids = listed.map(({ id }) => id);
      const kept = issued.filter((id) => ids.includes(id));
      const issuing = issuingNow(ledger.issuing, ids, nowMs());
      await keys.tag(user, ledgerTags(secretName, { issued: kept, issuing }), call);
      const next = await keys.create(user, call);
      await keys.tag(user, ledgerTags(secretName, { issued: [...kept, next.username], issuing: undefined }), call);
      return next;
    },
    computedMembers: (members, { password }) => smtpMembers(members, password),
    /** They are deactivated, and deleted when the next rotation needs the place. */
    async revokeOthers(target, keep, call) {
      const { ledger, ...holder } = await holderOf(target, call);
      const listed = await keys.list(holder.user, call);
      const held = await heldKey(holder, keep, listed, call);
      if (held === undefined) throw notHeld(holder.user, keep);
      const spare = spareOf(holder, ledger, held);
      for (const key of listed) {
        if (key.id !== held.id && ledger.issued?.includes(key.id) === true) await deactivateSpare(spare, key, call);
      }
    },
  };
}
