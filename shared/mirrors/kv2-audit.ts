import { isDeepStrictEqual } from "node:util";
import type { MirrorAudit, MirroredSecret } from "../ports/mirror.ts";
import type { CallOptions } from "../ports/call.ts";
import type { VaultSend } from "../vault/connect-vault.ts";
import { heldRevision } from "./held-revision.ts";
import { holdsOwn, whoseKey } from "./key-owner.ts";
import { holdsNewer, mirroredFields, versionIn } from "./layout/mirrored-fields.ts";
import { mirrorPath } from "./layout/mirror-path.ts";
import type { VaultKv2Options } from "./vault-kv2.ts";

/**
 * Compares what the mirror of the same options holds. One read for each; the policy needs read on the data path. Errors:
 * those of the mirror's `write`, but `mirror-conflict`.
 */
export function vaultKv2Audit(send: VaultSend, options: VaultKv2Options = {}): MirrorAudit {
  const { mount = "secret", pathPrefix, templates, versionDates } = options;
  const look = async (secret: MirroredSecret, call: CallOptions) => {
    const held = await heldRevision(send, `${mount}/data/${mirrorPath(secret, pathPrefix)}`, call);
    return { ...held, whose: await whoseKey(held, secret, versionDates, call) };
  };
  return {
    async compare(entry, call) {
      const { fields, whose } = await look(entry, call);
      if (whose === "foreign") return "foreign";
      if (fields === undefined) return "missing";
      if (whose === "vacated") return "older";
      if (isDeepStrictEqual(fields, mirroredFields(entry, templates))) return "same";
      if (holdsNewer(fields, entry)) return "newer";
      const versionId = versionIn(fields);
      return versionId === undefined || versionId === entry.versionId ? "altered" : "older";
    },
    async holding(secret, call) {
      const { fields, whose, owner } = await look(secret, call);
      if (versionIn(fields) === undefined) return "nothing";
      if (holdsOwn(whose)) return "own";
      return owner === undefined ? "unproven" : "nothing";
    },
  };
}
