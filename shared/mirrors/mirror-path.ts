import { RekeyError } from "../errors/rekey-error.ts";
import type { MirroredSecret } from "../operations/ports.ts";
import { pathProblem } from "../vault/vault-path.ts";

/**
 * Where a secret is mirrored, inside the mount: the tag `rekey:vault-path`, which must lie below the prefix, else the prefix
 * and the secret's name. Errors: `mirror-path-invalid`.
 */
export function mirrorPath(secret: MirroredSecret, pathPrefix: string | undefined): string {
  const prefixed = pathPrefix === undefined ? secret.secretName : `${pathPrefix}/${secret.secretName}`;
  const path = secret.tags.get("rekey:vault-path") ?? prefixed;
  const isOutside = pathPrefix !== undefined && !path.startsWith(`${pathPrefix}/`);
  const problem = pathProblem(path) ?? (isOutside ? "it is not below the mirror's prefix" : undefined);
  if (problem !== undefined) {
    throw new RekeyError("mirror-path-invalid", { context: { secret: secret.secretArn, problem } });
  }
  return path;
}
