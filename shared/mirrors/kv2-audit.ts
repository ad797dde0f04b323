import { isDeepStrictEqual } from "node:util";
import type { MirrorAudit } from "../operations/ports.ts";
import { holdsNewer, mirroredFields, versionIn } from "./mirrored-fields.ts";
import { vaultEndpoint } from "./vault-address.ts";
import { memberAt, refused } from "./vault-answer.ts";
import { vaultClient } from "./vault-client.ts";
import type { VaultKv2Options } from "./vault-kv2.ts";
import { mirrorPath } from "./vault-path.ts";
import { vaultSession } from "./vault-session.ts";

/**
 * Compares what the mirror of the same options holds. One read for each; the policy needs read on the data path. Errors:
 * those of the mirror's `write`, but `mirror-conflict`.
 */
export function vaultKv2Audit(options: VaultKv2Options): MirrorAudit {
  const { mount = "secret", pathPrefix, namespace, login, ca, timeoutMs = 5_000 } = options;
  const endpoint = vaultEndpoint(options.address);
  const send = vaultSession(vaultClient({ endpoint, namespace, ca, timeoutMs }), login);

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
