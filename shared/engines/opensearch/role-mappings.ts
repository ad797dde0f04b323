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

/** `*` and `?` as the security plugin reads them. */
const isLike = (pattern: string, name: string): boolean =>
  new RegExp(
    `^${pattern
      .replaceAll(/[\\^$.|+()[\]{}]/g, String.raw`\$&`)
      .replaceAll(/\*+/g, ".*")
      .replaceAll("?", ".")}$`,
    "su",
  ).test(name);

const isExpression = (pattern: string): boolean => /^\/.*\/$/s.test(pattern);
const isPattern = (pattern: string): boolean => /[*?]/.test(pattern);

/** Who a role's mapping must name so that it gives the alternate what it gives the first. */
function wantedUsers(role: string, users: readonly string[], { first, alternate }: UserPair): readonly string[] {
  if (users.some(isExpression)) throw unsupported(role, "a role mapping by a regular expression");
  const patterns = users.filter(isPattern);
  const isHeld = users.includes(first) || patterns.some((pattern) => isLike(pattern, first));
  const isAlsoFor = patterns.some((pattern) => isLike(pattern, alternate));
  if (isAlsoFor && !isHeld)
    throw unsupported(role, "a role mapping by a pattern that the alternate user alone is like");
  const others = users.filter((user) => user !== alternate);
  return isHeld && !isAlsoFor ? [...others, alternate] : others;
}

/** The changes after which the alternate has the mapped roles of the first. Errors: `account-unsupported`, before any of them. */
export async function roleChanges(api: SecurityApi, pair: UserPair, call: CallOptions): Promise<readonly Change[]> {
  const mappings = await api.read("read role mappings", `${securityPath}/api/rolesmapping`, call);
  if (typeof mappings !== "object" || mappings === null) throw misbehaved("read role mappings");
  const changes: Change[] = [];
  for (const [role, mapping] of Object.entries(mappings) as [string, unknown][]) {
    const users = memberAt(mapping, "users");
    if (!isTexts(users)) throw misbehaved("read role mappings");
    const wanted = wantedUsers(role, users, pair);
    if (wanted.length === users.length && wanted.every((user) => users.includes(user))) continue;
    if (memberAt(mapping, "reserved") === true) throw unsupported(role, "a reserved role mapping");
    changes.push({
      operation: "bring the pair in step",
      method: "PATCH",
      path: `${securityPath}/api/rolesmapping/${segment(role)}`,
      // Whom an operator adds or removes in between is not overwritten: then nothing is changed.
      json: [
        { op: "test", path: "/users", value: users },
        { op: "add", path: "/users", value: wanted },
      ],
    });
  }
  return changes;
}
