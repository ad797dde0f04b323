import { memberAt } from "../answers/member-at.ts";
import type { CallOptions } from "../ports/call.ts";
import type { VaultSend } from "../vault/connect-vault.ts";
import { refused } from "../vault/vault-answer.ts";
import { type KeyOwner, ownerIn } from "./owner-record.ts";
import type { MirroredFields } from "./layout/mirrored-fields.ts";

/** The newest revision of a key: 0 before the first write; no fields when it cannot be read. */
export interface HeldRevision {
  readonly revision: number;
  readonly fields: MirroredFields | undefined;
  /** When Vault made it. */
  readonly at?: Date;
  /** Deleted in a way that can be undone. */
  readonly isDeleted: boolean;
  /** Of the key. */
  readonly owner: KeyOwner | undefined;
}

/** Go's nanoseconds are cut to milliseconds. */
function timeOf(created: unknown): { readonly at?: Date } {
  const at = new Date(typeof created === "string" ? created : Number.NaN);
  return Number.isNaN(at.getTime()) ? {} : { at };
}

/** Reads it, at a path with the mount and `data/`. Errors: those of `send`; `mirror-rejected` for what is not KV version 2. */
export async function heldRevision(send: VaultSend, path: string, call: CallOptions): Promise<HeldRevision> {
  const answer = await send({ verb: "read", path }, call);
  const revision = memberAt(answer.body, "data", "metadata", "version");
  const held = memberAt(answer.body, "data", "data");
  if (typeof revision === "number" && (answer.status === 200 || answer.status === 404)) {
    const fields = typeof held === "object" && held !== null ? Object.fromEntries(Object.entries(held)) : undefined;
    const isDestroyed = memberAt(answer.body, "data", "metadata", "destroyed") === true;
    const created = memberAt(answer.body, "data", "metadata", "created_time");
    const owner = ownerIn(memberAt(answer.body, "data", "metadata", "custom_metadata"));
    return { revision, fields, isDeleted: fields === undefined && !isDestroyed, owner, ...timeOf(created) };
  }
  const errors = memberAt(answer.body, "errors");
  const isEmpty = answer.status === 404 && Array.isArray(errors) && errors.length === 0;
  if (isEmpty) return { revision: 0, fields: undefined, isDeleted: false, owner: undefined };
  throw refused(answer, "read", path);
}
