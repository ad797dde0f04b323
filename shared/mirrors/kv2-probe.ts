import type { MirrorProbe } from "../operations/doctor/account.ts";
import type { CallOptions } from "../rotation/ports.ts";
import type { VaultSend } from "../vault/connect-vault.ts";
import { memberAt, refused } from "../vault/vault-answer.ts";
import { mirrorPath } from "./mirror-path.ts";
import type { VaultKv2Options } from "./vault-kv2.ts";

const needed = ["create", "read", "update"];

/**
 * Asks Vault what the mirror's token may do at a secret's place, and writes nothing; the default policy lets every token
 * ask. Errors: those of the mirror's `write`, but `mirror-conflict`.
 */
export function vaultKv2Probe(send: VaultSend, { mount = "secret", pathPrefix }: VaultKv2Options = {}): MirrorProbe {
  async function capabilitiesAt(path: string, call: CallOptions): Promise<unknown> {
    const asked = "sys/capabilities-self";
    const answer = await send({ verb: "write", path: asked, body: { paths: [path] } }, call);
    if (answer.status !== 200) throw refused(answer, "read", asked);
    return memberAt(answer.body, "data", path);
  }

  return {
    async logIn(call) {
      await capabilitiesAt(`${mount}/data`, call);
    },
    async probe(secret, call) {
      const path = `${mount}/data/${mirrorPath(secret, pathPrefix)}`;
      const capabilities = await capabilitiesAt(path, call);
      const has = (one: string): boolean => Array.isArray(capabilities) && capabilities.includes(one);
      return { path, mayWrite: has("root") || needed.every(has) };
    },
  };
}
