import { memberAt } from "../../answers/member-at.ts";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { UserPair } from "../../ports/database-engine.ts";
import { isTexts, segment } from "./account.ts";
import { type Change, misbehaved, type SecurityApi, securityPath } from "./security-api.ts";

const unsupported = (role: string, property: string): RekeyError =>
  new RekeyError("account-unsupported", {
    context: { role, property },
    hint: "let the role's mapping name the first user, or give both users a backend role that it maps",
  });

/**
 * `*` and `?` as the security plugin reads them. The pattern is the server's: a regular expression made of it could take hours,
 * which no signal ends.
 */
function isLike(pattern: string, name: string): boolean {
  const [wanted, letters] = [Array.from(pattern), Array.from(name)];
  let [at, read] = [0, 0];
  let star: { readonly behind: number; readonly read: number } | undefined;
  while (read < letters.length) {
    if (wanted[at] === "*") {
      at++;
      star = { behind: at, read };
    } else if (wanted[at] === "?" || wanted[at] === letters[read]) {
      at++;
      read++;
    } else if (star === undefined) {
      return false;
    } else {
      // The last star takes one letter more; an earlier one need not.
      star = { behind: star.behind, read: star.read + 1 };
      at = star.behind;
      read = star.read;
    }
  }
  return wanted.slice(at).every((letter) => letter === "*");
}

const isExpression = (pattern: string): boolean => /^\/.*\/$/s.test(pattern);
const isPattern = (pattern: string): boolean => /[*?]/.test(pattern);

/** What makes a role's mapping give the alternate what it gives the first, where it does not: a patch of its users. */
function patchOf(role: string, users: readonly string[], { first, alternate }: UserPair): object | undefined {
  if (users.some(isExpression)) throw unsupported(role, "a role mapping by a regular expression");
  const patterns = users.filter(isPattern);
  const isHeld = users.includes(first) || patterns.some((pattern) => isLike(pattern, first));
  const isNamed = users.includes(alternate);
  const isLikeOne = patterns.some((pattern) => pattern !== alternate && isLike(pattern, alternate));
  if (!isHeld && isLikeOne) {
    throw unsupported(role, "a role mapping by a pattern that the alternate user alone is like");
  }
  if (!isHeld) return isNamed ? { path: "/users", value: users.filter((user) => user !== alternate) } : undefined;
  if (isNamed || isLikeOne) return undefined;
  if (isPattern(alternate) || isExpression(alternate)) {
    throw unsupported(role, "a name that a role mapping takes for a pattern");
  }
  // Behind whom the list holds by then: nobody whom an operator adds in between is lost.
  return { path: "/users/-", value: alternate };
}

/** The changes after which the alternate has the mapped roles of the first. Errors: `account-unsupported`, before any of them. */
export async function roleChanges(api: SecurityApi, pair: UserPair, call: CallOptions): Promise<readonly Change[]> {
  const mappings = await api.read("read role mappings", `${securityPath}/api/rolesmapping`, call);
  if (typeof mappings !== "object" || mappings === null) throw misbehaved("read role mappings");
  const changes: Change[] = [];
  for (const [role, mapping] of Object.entries(mappings) as [string, unknown][]) {
    const users = memberAt(mapping, "users");
    if (!isTexts(users)) throw misbehaved("read role mappings");
    const patch = patchOf(role, users, pair);
    if (patch === undefined) continue;
    if (memberAt(mapping, "reserved") === true) throw unsupported(role, "a reserved role mapping");
    changes.push({
      operation: "bring the pair in step",
      method: "PATCH",
      path: `${securityPath}/api/rolesmapping/${segment(role)}`,
      json: [{ op: "add", ...patch }],
    });
  }
  return changes;
}
