import { isDeepStrictEqual } from "node:util";
import { RekeyError } from "../errors/rekey-error.ts";
import type { CallOptions } from "../rotation/ports.ts";
import type { Mirror, MirroredSecret } from "../operations/ports.ts";
import { heldRevision } from "./held-revision.ts";
import type { MirrorTemplates } from "./mirror-templates.ts";
import { holdsNewer, mirroredFields, versionIn } from "./mirrored-fields.ts";
import type { VaultSend } from "../vault/connect-vault.ts";
import { isConflict, memberAt, refused } from "../vault/vault-answer.ts";
import { checkedPath } from "../vault/vault-path.ts";
import { mirrorPath } from "./mirror-path.ts";

export interface VaultKv2Options {
  /** Where KV version 2 is mounted: `secret` unless said. */
  readonly mount?: string;
  /** Put before the secret's name, with a slash between. */
  readonly pathPrefix?: string;
  /** Those that the tag `rekey:vault-map` may name. */
  readonly templates?: MirrorTemplates;
}

const writeAttempts = 5;

/**
 * Mirrors into HashiCorp Vault's or OpenBao's KV version 2 through node-vault. The version's id, label and time are
 * written beside the data, so that each write is one check-and-set call that decides over data and version at once; the
 * key's custom metadata stays as others set it. A version that is there already and unaltered, or a newer one, is left
 * alone; an altered one is written again. A revision that was deleted is undeleted, since only then it tells which version
 * it holds, and deleted again where it is not the one to keep. Nothing is ever destroyed. The policy needs create, read and
 * update on the data path, and update on the delete and the undelete path.
 *
 * Errors when made: `option-invalid`. Errors of both methods: `mirror-unavailable`, `mirror-unauthorized`,
 * `mirror-rejected`, `mirror-conflict`, `mirror-path-invalid`, `tls-refused`, `time-budget-spent`; of `write`, with nothing
 * written, `option-invalid` and `secret-malformed`. After any of them the same call may be repeated.
 */
export function vaultKv2Mirror(send: VaultSend, options: VaultKv2Options = {}): Mirror {
  const { pathPrefix } = options;
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

  return {
    async write(entry, call) {
      const { name, path } = placeOf(entry);
      const data = mirroredFields(entry, options.templates);
      let undeleted: number | undefined;
      for (let attempt = 1; attempt <= writeAttempts; attempt++) {
        const held = await heldRevision(send, path, call);
        if (held.isDeleted) {
          await mark("undelete", name, held.revision, call);
          undeleted = held.revision;
          continue;
        }
        if (held.fields && (isDeepStrictEqual(held.fields, data) || holdsNewer(held.fields, entry))) {
          return { revision: held.revision, written: held.revision === undeleted };
        }
        const body = { options: { cas: held.revision }, data };
        const answer = await send({ verb: "write", path, body }, call);
        const revision = memberAt(answer.body, "data", "version");
        if (typeof revision === "number") {
          if (undeleted !== undefined) await mark("delete", name, undeleted, call);
          return { revision, written: true };
        }
        if (!isConflict(answer)) throw refused(answer, "write", path);
      }
      throw new RekeyError("mirror-conflict", { context: { path, attempts: writeAttempts } });
    },
    async withdraw(secret, call) {
      const { name, path } = placeOf(secret);
      const { revision, fields } = await heldRevision(send, path, call);
      if (fields === undefined || versionIn(fields) === undefined) return { withdrawn: false };
      await mark("delete", name, revision, call);
      return { withdrawn: true };
    },
  };
}
