import type { Capability, PolicyRule } from "./policy-language.ts";

function matches(pattern: string, path: string): boolean {
  const isPrefix = pattern.endsWith("*");
  const wanted = (isPrefix ? pattern.slice(0, -1) : pattern).split("/");
  const given = path.split("/");
  if (isPrefix ? given.length < wanted.length : given.length !== wanted.length) return false;
  return wanted.every((segment, index) => {
    const actual = given[index] ?? "";
    if (segment === "+") return actual !== "" || index > 0;
    return isPrefix && index === wanted.length - 1 ? actual.startsWith(segment) : actual === segment;
  });
}

const plusCount = (pattern: string): number => pattern.split("/").filter((segment) => segment === "+").length;

const firstWildcard = (pattern: string): number => {
  const at = pattern.search(/(?<=^|\/)\+(?=\/|$)|\*$/);
  return at === -1 ? Infinity : at;
};

/** Vault's order of two patterns that both match: the more exact one counts alone. Positive: `a` is the more exact. */
function compare(a: string, b: string): number {
  const wildcard = firstWildcard(a) - firstWildcard(b);
  if (wildcard !== 0 && !Number.isNaN(wildcard)) return wildcard;
  if (a.endsWith("*") !== b.endsWith("*")) return a.endsWith("*") ? -1 : 1;
  return plusCount(b) - plusCount(a) || a.length - b.length || (a < b ? -1 : 1);
}

/**
 * What policies together allow on a path: the capabilities of the most exact matching pattern, joined over all policies
 * that have it; `deny` in one of them takes the others away. An empty set allows nothing. To list a folder, a right on
 * its name without the slash at the end will do.
 */
export function capabilitiesOn(rules: readonly PolicyRule[], path: string, isList: boolean): ReadonlySet<Capability> {
  const forms = isList ? [path, path.replace(/\/$/, "")] : [path];
  const patterns = rules.map((rule) => rule.path);
  const exact = forms.find((form) => patterns.includes(form));
  const inexact = forms.map((form) =>
    patterns
      .filter((pattern) => matches(pattern, form))
      .toSorted(compare)
      .at(-1),
  );
  const best = exact ?? inexact.find((pattern) => pattern !== undefined);
  const allowed = new Set(rules.filter((rule) => rule.path === best).flatMap((rule) => rule.capabilities));
  return allowed.has("deny") ? new Set() : allowed;
}
