import type { MirrorCluster, MirrorView } from "../ports/mirror.ts";
import type { VaultSend } from "../vault/connect-vault.ts";
import { heldRevision } from "./held-revision.ts";
import { owns } from "./owner-record.ts";
import { versionIn } from "./layout/mirrored-fields.ts";
import { mirrorPath } from "./layout/mirror-path.ts";
import type { VaultKv2Options } from "./vault-kv2.ts";
import { defined } from "../secrets/defined.ts";

/**
 * What the mirror of the same options holds: one read for each look, of which only the version's id, number and time are kept. The
 * policy needs read on the data path. Errors: those of the mirror's `write`, but `mirror-conflict`.
 */
export function vaultKv2View(
  { name: cluster, mirrors }: MirrorCluster,
  send: VaultSend,
  { mount = "secret", pathPrefix }: VaultKv2Options = {},
): MirrorView {
  return {
    cluster,
    mirrors,
    async look(secret, call) {
      const path = `${mount}/data/${mirrorPath(secret, pathPrefix)}`;
      const { revision, fields, at, owner } = await heldRevision(send, path, call);
      const isOthers = owner !== undefined && !owns(secret, owner);
      const versionId = isOthers ? undefined : versionIn(fields);
      return {
        path,
        revision,
        ...(isOthers ? { owner: owner.owner } : {}),
        ...defined({ versionId, at }),
      };
    },
  };
}
