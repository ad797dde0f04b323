import { setTimeout } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { memberAt } from "../answers/member-at.ts";
import { RekeyError } from "../errors/rekey-error.ts";
import type { CallOptions } from "../ports/call.ts";
import type { Mirror, MirroredSecret } from "../ports/mirror.ts";
import { heldRevision } from "./held-revision.ts";
import type { MirrorTemplates } from "./layout/mirror-templates.ts";
import { foreignKey, holdsOwn, type VersionDates, whoseKey } from "./key-owner.ts";
import { type KeyOwner, ownedBy, ownerIn, owns, recordLacks, sinceRevision } from "./owner-record.ts";
import { holdsNewer, mirroredFields, versionIn } from "./layout/mirrored-fields.ts";
import type { VaultSend } from "../vault/connect-vault.ts";
import { isConflict, refused } from "../vault/vault-answer.ts";
import { checkedPath } from "../vault/vault-path.ts";
import { mirrorPath } from "./layout/mirror-path.ts";

export interface VaultKv2Options {
  /** Where KV version 2 is mounted (default: `secret`). */
  readonly mount?: string;
  /** Put before the secret's name, with a slash between. */
  readonly pathPrefix?: string;
  /** Those that the tag `rekey:vault-map` may name. */
  readonly templates?: MirrorTemplates;
  /** Unless given, only the version that is to be written proves that a key without a recorded owner is the secret's. */
  readonly versionDates?: VersionDates;
}

const writeAttempts = 5;

/** A standby that reads for itself learns of a write that it forwarded about 100 ms after the leader took it. */
const lagPausesMs = [50, 100, 200, 400];

/**
 * Mirrors into HashiCorp Vault's or OpenBao's KV version 2 through node-vault. The version's id, label and time are written
 * next to the data, so that each write is one check-and-set call that decides over data and version at once. A version that
 * is there already and unaltered, or a newer one, is left alone; an altered one is written again. A revision that was
 * deleted is undeleted, since only then it shows which version it holds, and deleted again where it is not the one to keep.
 * Nothing is ever destroyed.
 *
 * A key is one secret's: its ARN is recorded in the key's custom metadata, alongside what others set there, after the first
 * write, which check-and-set gives to one secret alone; until then what was written proves whose it is. Of another secret's
 * key, and of one that rekey never wrote, nothing is changed, unless it is to be taken over. Next to the owner stands the
 * VersionId of what was written last, for people and tools; where it lags behind the data, the next look puts it right. The
 * policy is that of `mirrorPolicy`.
 *
 * Errors when made: `option-invalid`. Errors of both methods: `mirror-unavailable`, `mirror-unauthorized`,
 * `mirror-rejected`, `mirror-conflict`, `mirror-path-invalid`, `tls-refused`, `time-budget-spent`, those of `versionDates`;
 * of `write`, with nothing written, `mirror-foreign`, `option-invalid`, `secret-malformed` and `secret-binary`. After any of them the same
 * call may be repeated.
 */
export function vaultKv2Mirror(send: VaultSend, options: VaultKv2Options = {}): Mirror {
  const { pathPrefix, templates, versionDates } = options;
  const mount = checkedPath("mount", options.mount ?? "secret");
  if (pathPrefix !== undefined) checkedPath("pathPrefix", pathPrefix);

  const placeOf = (secret: MirroredSecret): { readonly name: string; readonly path: string } => {
    const name = mirrorPath(secret, pathPrefix);
    return { name, path: `${mount}/data/${name}` };
  };
  async function mark(mark: "delete" | "undelete", name: string, revision: number, call: CallOptions): Promise<void> {
    const path = `${mount}/${mark}/${name}`;
    const answer = await send({ verb: "write", path, body: { versions: [revision] } }, call);
    if (answer.status !== 200) throw refused(answer, "write", path);
  }
  async function record(customMetadata: object, name: string, call: CallOptions): Promise<void> {
    if (Object.keys(customMetadata).length === 0) return;
    const path = `${mount}/metadata/${name}`;
    const patch = { verb: "patch", path, body: { custom_metadata: customMetadata } } as const;
    let answer = await send(patch, call);
    for (const pauseMs of lagPausesMs) {
      if (answer.status !== 404) break;
      await setTimeout(pauseMs, undefined, { signal: call.signal }).catch(() => undefined);
      answer = await send(patch, call);
    }
    const context = { operation: "write", path, status: answer.status };
    if (answer.status === 404) throw new RekeyError("mirror-unavailable", { context });
    if (answer.status !== 200) throw refused(answer, "write", path);
  }

  /** Another secret got the key meanwhile: what was written is not that one's, and must not be shown as such. */
  async function takenBack(
    secret: MirroredSecret,
    { revision, owner }: { readonly revision: number; readonly owner: KeyOwner },
    call: CallOptions,
  ): Promise<RekeyError> {
    const { name, path } = placeOf(secret);
    await record(sinceRevision(revision + 1), name, call);
    await mark("delete", name, revision, call);
    return foreignKey(secret, path, owner);
  }

  return {
    async write(entry, call, { takesOver = false } = {}) {
      const { name, path } = placeOf(entry);
      const data = mirroredFields(entry, templates);
      let undeleted: number | undefined;
      for (let attempt = 1; attempt <= writeAttempts; attempt++) {
        const held = await heldRevision(send, path, call);
        const whose = await whoseKey(held, entry, versionDates, call);
        if (whose === "foreign" && !takesOver) {
          if (undeleted !== undefined) await mark("delete", name, undeleted, call);
          throw foreignKey(entry, path, held.owner);
        }
        if (holdsOwn(whose) && held.isDeleted) {
          await mark("undelete", name, held.revision, call);
          undeleted = held.revision;
          continue;
        }
        const { fields } = held;
        const isNewer = fields !== undefined && !takesOver && holdsNewer(fields, entry);
        if (holdsOwn(whose) && (isDeepStrictEqual(fields, data) || isNewer)) {
          await record(recordLacks(entry, held), name, call);
          return { revision: held.revision, written: held.revision === undeleted };
        }
        const isTaken = whose === "foreign" || whose === "vacated";
        if (isTaken && !owns(entry, held.owner)) await record(ownedBy(entry, held.revision + 1), name, call);
        const body = { options: { cas: held.revision }, data };
        const answer = await send({ verb: "write", path, body }, call);
        const revision = memberAt(answer.body, "data", "version");
        if (typeof revision === "number") {
          if (undeleted !== undefined) await mark("delete", name, undeleted, call);
          const owner = ownerIn(memberAt(answer.body, "data", "custom_metadata"));
          if (owner !== undefined && !owns(entry, owner)) throw await takenBack(entry, { revision, owner }, call);
          const since = holdsOwn(whose) ? held.revision : revision;
          await record(recordLacks(entry, { owner, revision: since, fields: data }), name, call);
          return { revision, written: true };
        }
        if (!isConflict(answer)) throw refused(answer, "write", path);
      }
      throw new RekeyError("mirror-conflict", { context: { path, attempts: writeAttempts } });
    },
    async withdraw(secret, call) {
      const { name, path } = placeOf(secret);
      const held = await heldRevision(send, path, call);
      if (versionIn(held.fields) === undefined) return { withdrawn: false };
      const whose = await whoseKey(held, secret, versionDates, call);
      if (!holdsOwn(whose)) return { withdrawn: false };
      await record(recordLacks(secret, held), name, call);
      await mark("delete", name, held.revision, call);
      return { withdrawn: true };
    },
  };
}
