import { memberAt } from "../../../answers/member-at.ts";
import { namedPath, usablePath } from "../../../mirrors/layout/mirror-path.ts";
import { createdAtField, labelField, versionIdField } from "../../../mirrors/layout/mirrored-fields.ts";
import { readRefusal } from "../../../vault/read-refusal.ts";
import { kvMount } from "../../../vault/vault-mount.ts";
import { SecretValue } from "../../../secrets/secret-value.ts";
import { bareName } from "../../secret-id.ts";
import type { SecretSource, SourceAnswer, SourceCall } from "../secret-source.ts";
import { kvMountCheck } from "./kv-mount-check.ts";
import { isMissing, vaultReader, type VaultReaderOptions } from "./vault-reader.ts";

export interface VaultSourceOptions extends VaultReaderOptions {
  /** Where KV version 2 is mounted: `secret` unless said. */
  readonly mount?: string;
  /** Put before the path of the secret's name, with a slash between, as the mirror does. */
  readonly pathPrefix?: string;
  /** Where a secret with the tag `rekey:vault-path` lies; `undefined` for all others. */
  readonly pathOf?: (secretId: string) => string | undefined;
}

export interface VaultSource extends SecretSource {
  /** The number of the key's newest KV revision; its token needs `read` on the metadata path. */
  revision(secretId: string, call: SourceCall): Promise<number | undefined>;
}

/** The text that was mirrored: one field `value` alone is a text by itself, everything else was a JSON object. */
function textOf(fields: Readonly<Record<string, unknown>>): string {
  const { [versionIdField]: _id, [labelField]: _label, [createdAtField]: _created, ...own } = fields;
  const names = Object.keys(own);
  return names.length === 1 && typeof own["value"] === "string" ? own["value"] : JSON.stringify(own);
}

/**
 * Reads from Vault what rekey mirrors there. Only AWSCURRENT is mirrored. A key that somebody else wrote has its KV
 * revision as its version. Errors: `mirror-unauthorized`, `mirror-unavailable`, `mirror-rejected`, `mirror-path-invalid`,
 * `tls-refused`, `time-budget-spent`, `server-misbehaved`, `credentials-missing` of a login's callback, and `vault-…` by the state of
 * Vault; `option-invalid` at once.
 *
 * @example
 * ```ts
 * import { createSecretClient, SecretValue } from "rekey/client";
 * import { vaultSource } from "rekey/client/vault";
 *
 * const token = new SecretValue(process.env["VAULT_TOKEN"] ?? "");
 * const source = vaultSource({ address: "https://vault.example:8200", login: { method: "token", token } });
 * const client = createSecretClient({ source });
 * ```
 */
export function vaultSource(options: VaultSourceOptions): VaultSource {
  const { pathOf = () => undefined } = options;
  const mount = kvMount("mount", options.mount ?? "secret");
  const pathPrefix = options.pathPrefix?.replace(/^\/+|\/+$/g, "") || undefined;
  const read = vaultReader(options);
  const requireKv2 = kvMountCheck(read, mount);

  function pathTo(secretId: string): string {
    const path = pathOf(secretId);
    return path === undefined ? namedPath(secretId, bareName(secretId), pathPrefix) : usablePath(secretId, path);
  }

  async function newest(secretId: string, call: SourceCall): Promise<SourceAnswer | undefined> {
    const path = `${mount}/data/${pathTo(secretId)}`;
    const answer = await read(path, call);
    const fields = memberAt(answer.body, "data", "data");
    if (isMissing(answer) || typeof fields !== "object" || fields === null) {
      await requireKv2(path, call);
      if (isMissing(answer)) return undefined;
      throw readRefusal(answer, "read", path);
    }
    const versionId = memberAt(fields, versionIdField);
    const revision = memberAt(answer.body, "data", "metadata", "version");
    if (typeof versionId !== "string" && !Number.isSafeInteger(revision)) throw readRefusal(answer, "read", path);
    const createdAt = memberAt(fields, createdAtField) ?? memberAt(answer.body, "data", "metadata", "created_time");
    return {
      versionId: typeof versionId === "string" ? versionId : `kv-${String(revision)}`,
      value: new SecretValue(textOf(fields as Readonly<Record<string, unknown>>)),
      ...(typeof createdAt === "string" && !Number.isNaN(Date.parse(createdAt)) && { createdAt: new Date(createdAt) }),
    };
  }

  return {
    async read(secretId, at, call) {
      if ("label" in at && at.label !== "AWSCURRENT") return undefined;
      const version = await newest(secretId, call);
      return "label" in at || version?.versionId === at.versionId ? version : undefined;
    },
    async revision(secretId, call) {
      const path = `${mount}/metadata/${pathTo(secretId)}`;
      const answer = await read(path, call);
      if (isMissing(answer)) {
        await requireKv2(path, call);
        return undefined;
      }
      const revision = memberAt(answer.body, "data", "current_version");
      if (!Number.isSafeInteger(revision)) throw readRefusal(answer, "read", path);
      return Number(revision);
    },
  };
}
