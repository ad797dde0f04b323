import { isDeepStrictEqual } from "node:util";
import type { MirrorAudit } from "../operations/ports.ts";
import type { VaultSend } from "../vault/connect-vault.ts";
import { heldRevision } from "./held-revision.ts";
import { holdsNewer, mirroredFields, versionIn } from "./mirrored-fields.ts";
import { mirrorPath } from "./mirror-path.ts";
import type { VaultKv2Options } from "./vault-kv2.ts";

/**
 * Compares what the mirror of the same options holds. One read for each; the policy needs read on the data path. Errors:
 * those of the mirror's `write`, but `mirror-conflict`.
 */
export function vaultKv2Audit(send: VaultSend, options: VaultKv2Options = {}): MirrorAudit {
  const { mount = "secret", pathPrefix, templates } = options;
  return {
    async compare(entry, call) {
      const { fields } = await heldRevision(send, `${mount}/data/${mirrorPath(entry, pathPrefix)}`, call);
      if (fields === undefined) return "missing";
      if (isDeepStrictEqual(fields, mirroredFields(entry, templates))) return "same";
      if (holdsNewer(fields, entry)) return "newer";
      const versionId = versionIn(fields);
      return versionId === undefined || versionId === entry.versionId ? "altered" : "older";
    },
    async holds(secret, call) {
      const { fields } = await heldRevision(send, `${mount}/data/${mirrorPath(secret, pathPrefix)}`, call);
      return fields !== undefined && versionIn(fields) !== undefined;
    },
  };
}
