import { arnPatterns } from "../../secrets/arn-patterns.ts";

export interface ManagedSecrets {
  /** Whether rekey looks after this secret. */
  readonly includes: (secretArn: string) => boolean;
  /** What the names of all of them begin with, one of these; none when a pattern leaves the name open. */
  readonly namePrefixes: readonly string[];
}

/** The name's fixed beginning. The pattern is of an ARN, where a hyphen and six characters come after the name. */
function prefixOf(pattern: string): string {
  const name = /:secret:(.*)/.exec(pattern)?.[1] ?? "";
  return name.replace(/[*?].*/, "").replace(/-[A-Za-z0-9]{0,6}$/, "");
}

/** The secrets that these ARN patterns, the ones of the functions' roles, stand for. */
export function managedSecrets(patterns: readonly string[]): ManagedSecrets {
  const prefixes = [...new Set(patterns.map(prefixOf))];
  return { includes: arnPatterns(patterns), namePrefixes: prefixes.includes("") ? [] : prefixes };
}
