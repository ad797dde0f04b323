import { RekeyError } from "../../errors/rekey-error.ts";
import type { AccessKeys, KeyOwner } from "../../ports/access-keys.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Credential } from "../../ports/database-engine.ts";

/** Whether a key signs; `inactive` and `refused` are as STS answers both. */
export type KeyState = "works" | "inactive" | "refused";

export interface KeyHolder {
  readonly keys: AccessKeys;
  readonly user: string;
  readonly owner: KeyOwner;
  readonly nowMs: () => number;
  /** Waits, and ends with the call. */
  readonly pause: (ms: number, call: CallOptions) => Promise<void>;
}

/** A new key is known everywhere within seconds. */
const waitsMs = [500, 1_000, 2_000, 2_000, 2_000] as const;
const newForMs = 5 * 60_000;

/**
 * Whether the key is the user's own and signs. One that is new, or not listed yet, is asked about again for some seconds.
 * Errors: `secret-malformed` for the key of another user or account; `database-busy` for a new key that not everyone knows
 * yet; those of `AccessKeys`.
 */
export async function keyState(holder: KeyHolder, key: Credential, call: CallOptions): Promise<KeyState> {
  const { keys, user, owner, nowMs, pause } = holder;
  const { username: id } = key;
  for (const waitMs of [...waitsMs, undefined]) {
    const identity = await keys.identity(key, call);
    if (identity === "wrong") return "refused";
    if (identity !== "unknown") {
      if (identity.arn === owner.arn) return "works";
      throw new RekeyError("secret-malformed", {
        context: { field: "AccessKeyId", user, problem: "the key of another user or account" },
        hint: "write a key of the user that UserName names, or correct UserName",
      });
    }
    const listed = (await keys.list(user, call)).find((one) => one.id === id);
    if (listed?.isActive === false) return "inactive";
    if (listed !== undefined && nowMs() - listed.createdAt.getTime() > newForMs) return "refused";
    if (waitMs !== undefined) await pause(waitMs, call);
    else if (listed !== undefined) {
      throw new RekeyError("database-busy", {
        context: { user, key: id, problem: "the new key is not known everywhere yet" },
        hint: "the step is repeated and asks again",
        retryAfterMs: 10_000,
      });
    }
  }
  return "refused";
}
