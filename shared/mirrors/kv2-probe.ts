import { memberAt } from "../answers/member-at.ts";
import type { MirrorProbe } from "../ports/mirror.ts";
import type { CallOptions } from "../ports/call.ts";
import type { VaultSend } from "../vault/connect-vault.ts";
import { refused } from "../vault/vault-answer.ts";
import { heldRevision } from "./held-revision.ts";
import { foreignKey, whoseKey } from "./key-owner.ts";
import { mirrorPath } from "./layout/mirror-path.ts";
import type { VaultKv2Options } from "./vault-kv2.ts";

const needed = { data: ["create", "read", "update"], metadata: ["patch"] };

/**
 * Asks Vault what the mirror's token may do at a secret's place, which the default policy lets every token ask, and whose that
 * place is; writes nothing. Errors: those of the mirror's `write`, but `mirror-conflict`.
 */
export function vaultKv2Probe(
  send: VaultSend,
  { mount = "secret", pathPrefix, versionDates }: VaultKv2Options = {},
): MirrorProbe {
  async function capabilitiesAt(paths: readonly string[], call: CallOptions): Promise<(path: string) => unknown> {
    const asked = "sys/capabilities-self";
    const answer = await send({ verb: "write", path: asked, body: { paths } }, call);
    if (answer.status !== 200) throw refused(answer, "read", asked);
    return (path) => memberAt(answer.body, "data", path);
  }

  return {
    async logIn(call) {
      await capabilitiesAt([`${mount}/data`], call);
    },
    async probe(secret, call) {
      const name = mirrorPath(secret, pathPrefix);
      const [path, metadata] = [`${mount}/data/${name}`, `${mount}/metadata/${name}`];
      const capabilities = await capabilitiesAt([path, metadata], call);
      const mayAll = (at: string, wanted: readonly string[]): boolean => {
        const given = capabilities(at);
        return Array.isArray(given) && (given.includes("root") || wanted.every((one) => given.includes(one)));
      };
      const mayWrite = mayAll(path, needed.data) && mayAll(metadata, needed.metadata);
      if (mayWrite) {
        const held = await heldRevision(send, path, call);
        const isForeign = (await whoseKey(held, secret, versionDates, call)) === "foreign";
        if (isForeign) throw foreignKey(secret, path, held.owner);
      }
      return { path, mayWrite };
    },
  };
}
