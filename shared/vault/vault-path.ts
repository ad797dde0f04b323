import { RekeyError } from "../errors/rekey-error.ts";

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

/** The path itself. Errors: `option-invalid`, naming the option, for one that Vault would read otherwise. */
export function checkedPath(option: string, path: string): string {
  const problem = pathProblem(path);
  if (problem !== undefined) throw new RekeyError("option-invalid", { context: { option, problem } });
  return path;
}
