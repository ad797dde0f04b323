import { RekeyError } from "../errors/rekey-error.ts";
import type { MirrorEntry } from "../rotation/ports.ts";

/**
 * What Secrets Manager takes in names, and `:`, which tags may hold. None of it means anything in a URL's path, so a
 * path needs no encoding, which node-vault would not do: `a#b` would silently write the key `a`.
 */
const segmentCharacters = /^[A-Za-z0-9_+=.@:-]+$/;

/** Why Vault would not keep exactly this key, or `undefined` when it would. */
export function pathProblem(path: string): string | undefined {
  for (const segment of path.split("/")) {
    if (segment === "") return "it is empty, or has a slash at its start, at its end or twice in a row";
    if (segment === "." || segment.includes("..")) return "it has a relative part";
    if (!segmentCharacters.test(segment)) return "it has a character other than A-Z a-z 0-9 / _ + = . @ : -";
  }
  return undefined;
}

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
