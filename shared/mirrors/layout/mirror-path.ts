import { RekeyError } from "../../errors/rekey-error.ts";
import type { MirroredSecret } from "../../ports/mirror.ts";
import { pathProblem } from "../../vault/vault-path.ts";
import { vaultPathTag } from "../../tags/tag-names.ts";

const escaped = (character: string): string => `:${character.charCodeAt(0).toString(16).toUpperCase()}`;

/**
 * What names in Secrets Manager may have and Vault would not keep as it is: a slash that begins or ends the name or follows
 * another one, a dot that is a segment by itself or follows another one, and the `!` of names that AWS's own services give.
 * A colon, which no name has, only where it would look like an escape.
 */
const unsafe = /^\/|(?<=\/)\/|\/$|(?<=^|\/)\.(?=\/|$)|(?<=\.)\.|:(?=[0-9A-F]{2})|!/g;

/**
 * The path of a secret's name, no two alike: what Vault would not keep stands as `:` and its two hexadecimal digits in
 * ASCII, so `rds!cluster-1` is `rds:21cluster-1` and `/a//b` is `:2Fa/:2Fb`. Most names are paths as they are.
 */
const pathOfName = (secretName: string): string => secretName.replace(unsafe, escaped);

/** The path itself. Errors: `mirror-path-invalid`, for one that Vault would read otherwise and for one with another problem. */
export function usablePath(secret: string, path: string, more?: string): string {
  const problem = pathProblem(path) ?? more;
  if (problem !== undefined) throw new RekeyError("mirror-path-invalid", { context: { secret, problem } });
  return path;
}

/** Below the prefix, where there is one. Errors: `mirror-path-invalid`, for what is no name in Secrets Manager. */
export function namedPath(secretId: string, secretName: string, pathPrefix: string | undefined): string {
  const name = pathOfName(secretName);
  return usablePath(secretId, pathPrefix === undefined ? name : `${pathPrefix}/${name}`);
}

/**
 * Where a secret is mirrored, inside the mount: the tag `rekey:vault-path`, which must lie below the prefix, else the prefix
 * and the path of the secret's name. Errors: `mirror-path-invalid`.
 */
export function mirrorPath({ secretArn, secretName, tags }: MirroredSecret, pathPrefix: string | undefined): string {
  const path = tags.get(vaultPathTag);
  if (path === undefined) return namedPath(secretArn, secretName, pathPrefix);
  const isOutside = pathPrefix !== undefined && !path.startsWith(`${pathPrefix}/`);
  return usablePath(secretArn, path, isOutside ? "it is not below the mirror's prefix" : undefined);
}
