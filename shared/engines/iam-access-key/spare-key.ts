import { RekeyError } from "../../errors/rekey-error.ts";
import type { AccessKey, AccessKeys, KeyUse } from "../../ports/access-keys.ts";
import type { CallOptions } from "../../ports/call.ts";
import { type Ledger, mayComeOf } from "./ledger.ts";

/** What is known where a key other than the current one is looked at. */
export interface SpareKeys {
  readonly keys: AccessKeys;
  readonly user: string;
  readonly ledger: Ledger;
  readonly nowMs: number;
  /** How long a key was not used before it is ended; what IAM tells of a use may be hours behind. */
  readonly quietMs: number;
  /** When the current key was made: the spare one was everybody's until then. */
  readonly replacedAt: Date;
}

/** The key of somebody else, which takes the place of the next one. */
const foreign = (user: string, { id }: AccessKey): RekeyError =>
  new RekeyError("account-unsupported", {
    context: { user, key: id, property: "access key that rekey did not issue for this secret" },
    hint: "a user has two keys at most, and rekey needs one of them: delete this key once nothing uses it, or give its user to another secret; then rotate again",
  });

function requireQuiet(
  { user, nowMs, quietMs, replacedAt }: SpareKeys,
  { id, createdAt }: AccessKey,
  use: KeyUse | undefined,
) {
  const lastMs = Math.max(use?.at.getTime() ?? 0, createdAt.getTime(), replacedAt.getTime());
  const leftMs = lastMs + quietMs - nowMs;
  if (leftMs <= 0) return;
  throw new RekeyError("grace-not-over", {
    context: { user, key: id, lastUse: use?.at.toISOString() ?? "unknown", service: use?.service },
    hint: "the replaced key is kept until it was not used for hours: look for who still signs with it, by lastUse and service",
    retryAfterMs: leftMs,
  });
}

/** Makes a replaced key stop, so that it can still be activated again. Idempotent. Errors: `grace-not-over` for one in use. */
export async function deactivateSpare(spare: SpareKeys, key: AccessKey, call: CallOptions): Promise<void> {
  if (!key.isActive) return;
  requireQuiet(spare, key, await spare.keys.lastUse(key.id, call));
  await spare.keys.deactivate(spare.user, key.id, call);
}

/**
 * Makes room for the next key. One that rekey issued for this secret is ended once it is not used any more. One that a cut run
 * made, that no version of the secret holds and that was never used is nobody's, since nobody was ever told its secret. Errors:
 * `account-unsupported` for any other, which stays; `grace-not-over`.
 */
export async function removeSpare(
  spare: SpareKeys,
  key: AccessKey,
  isStored: () => Promise<boolean>,
  call: CallOptions,
): Promise<void> {
  const { keys, user, ledger } = spare;
  const isIssued = ledger.issued?.includes(key.id) === true;
  if (!isIssued && !mayComeOf(ledger.issuing, key)) throw foreign(user, key);
  const isNobodys = (await keys.lastUse(key.id, call)) === undefined && !(await isStored());
  if (!isNobodys) {
    if (!isIssued) throw foreign(user, key);
    await deactivateSpare(spare, key, call);
  }
  await keys.remove(user, key.id, call);
}
