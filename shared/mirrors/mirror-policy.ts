import { kvMount } from "../vault/vault-mount.ts";
import { checkedPath } from "../vault/vault-path.ts";

/**
 * What the mirror's token must be allowed, and no more, in Vault's policy language: a revision is read, written, deleted and
 * undeleted, never destroyed, its owner is recorded in the key's
 * custom metadata, and no key is listed. Errors: `option-invalid`.
 */
export function mirrorPolicy(mount: string, pathPrefix?: string): string {
  const below = pathPrefix === undefined ? "*" : `${checkedPath("pathPrefix", pathPrefix)}/*`;
  const rule = (area: string, capabilities: readonly string[]): string =>
    `path "${kvMount("mount", mount)}/${area}/${below}" {\n  capabilities = ${JSON.stringify(capabilities).replaceAll(",", ", ")}\n}\n`;
  return [
    rule("data", ["create", "read", "update"]),
    rule("delete", ["update"]),
    rule("metadata", ["patch"]),
    rule("undelete", ["update"]),
  ].join("");
}
