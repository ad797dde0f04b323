import { memberAt } from "../../../answers/member-at.ts";
import { isRekeyError, RekeyError } from "../../../errors/rekey-error.ts";
import type { SourceCall } from "../secret-source.ts";
import type { VaultReader } from "./vault-reader.ts";

function unlessUntold(error: unknown): undefined {
  const isUntold =
    isRekeyError(error, "mirror-unauthorized") ||
    isRekeyError(error, "mirror-rejected") ||
    isRekeyError(error, "vault-token-refused") ||
    isRekeyError(error, "vault-mount-missing");
  if (!isUntold) throw error;
}

/**
 * Whether the mount is KV version 2: a mount of version 1 answers as if there were no such key. Vault says it to whoever may
 * read something there, as its own command line asks. Asked once, when a key is missing; where Vault does not say it, nothing
 * is made of it. Errors: `vault-mount-version`, those of the reader.
 */
export function kvMountCheck(read: VaultReader, mount: string): (path: string, call: SourceCall) => Promise<void> {
  let isKnown = false;
  return async (path, call) => {
    if (isKnown) return;
    const answer = await read(`sys/internal/ui/mounts/${path}`, call).catch(unlessUntold);
    const body = answer?.body;
    const version = memberAt(body, "data", "options", "version");
    const type = memberAt(body, "data", "type");
    if (typeof type !== "string") return;
    isKnown = version === "2";
    if (!isKnown) throw new RekeyError("vault-mount-version", { context: { operation: "read", mount, path } });
  };
}
