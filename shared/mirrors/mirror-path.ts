import { RekeyError } from "../errors/rekey-error.ts";
import type { MirrorEntry } from "../rotation/ports.ts";
import { pathProblem } from "../vault/vault-path.ts";

/**
 * Where a secret is mirrored, inside the mount: the tag `rekey:vault-path` as it is, else the prefix and the secret's
 * name. Errors: `mirror-path-invalid`.
 */
export function mirrorPath(entry: MirrorEntry, pathPrefix: string | undefined): string {
  const prefixed = pathPrefix === undefined ? entry.secretName : `${pathPrefix}/${entry.secretName}`;
  const path = entry.tags.get("rekey:vault-path") ?? prefixed;
  const problem = pathProblem(path);
  if (problem !== undefined) {
    throw new RekeyError("mirror-path-invalid", { context: { secret: entry.secretArn, problem } });
  }
  return path;
}
