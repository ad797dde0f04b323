import { isDeepStrictEqual } from "node:util";
import type { MirrorAudit } from "../operations/ports.ts";
import { holdsNewer, mirroredFields, versionIn } from "./mirrored-fields.ts";
import type { VaultSend } from "../vault/connect-vault.ts";
import { memberAt, refused } from "../vault/vault-answer.ts";
import { mirrorPath } from "./mirror-path.ts";
import type { VaultKv2Options } from "./vault-kv2.ts";

/**
 * Compares what the mirror of the same options holds. One read for each; the policy needs read on the data path. Errors:
 * those of the mirror's `write`, but `mirror-conflict`.
 */
export function vaultKv2Audit(send: VaultSend, { mount = "secret", pathPrefix }: VaultKv2Options = {}): MirrorAudit {
  return {
    async compare(entry, call) {
      const path = `${mount}/data/${mirrorPath(entry, pathPrefix)}`;
      const answer = await send({ verb: "read", path }, call);
      const data = memberAt(answer.body, "data", "data");
      if (answer.status === 404) return "missing";
      if (answer.status !== 200 || typeof data !== "object" || data === null) throw refused(answer, "read", path);
      const fields = Object.fromEntries(Object.entries(data));
      if (isDeepStrictEqual(fields, mirroredFields(entry))) return "same";
      if (holdsNewer(fields, entry)) return "newer";
      const versionId = versionIn(fields);
      return versionId === undefined || versionId === entry.versionId ? "altered" : "older";
    },
  };
}
