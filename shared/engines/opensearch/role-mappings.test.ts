import fc from "fast-check";
import { expect, test } from "vitest";
import { sampledRuns } from "../../../tests/support/sampled.ts";
import type { CallOptions } from "../../ports/call.ts";
import { roleChanges } from "./role-mappings.ts";
import type { SecurityApi } from "./security-api.ts";

const call: CallOptions = { signal: new AbortController().signal };

/** Of a server whose one mapping has these users; it takes no change. */
const serverWith = (users: readonly string[]): SecurityApi => ({
  logsIn: async () => true,
  read: async () => ({ role: { users } }),
  change: async () => Promise.reject(new Error("a change")),
  as: () => serverWith(users),
});

/** Whether a mapping by this pattern holds a user: then a pair of it is changed, as nothing names the alternate. */
async function holds(pattern: string, first: string): Promise<boolean> {
  const pair = { first, alternate: "\u0000", isGranted: false };
  const changes = await roleChanges(serverWith([pattern]), pair, call).catch(() => []);
  return changes.length > 0;
}

test.each([
  ["app*", "app", true],
  ["*", "app", true],
  ["a*p*p", "app", true],
  ["a?p", "app", true],
  ["a?", "app", false],
  ["?pp?", "app", false],
  ["*ap", "app", false],
  ["p*", "app", false],
  ["*p?p", "apapap", true],
  ["*p?p", "apapp", false],
  ["a.p*", "app", false],
])("%s on %s: %s", async (pattern, first, isHeld) => {
  // A pattern that the alternate is like as well needs no change.
  expect(await holds(pattern, first)).toBe(isHeld && pattern !== "*");
});

test("a pattern is read as an expression of its stars and question marks would be", async () => {
  const texts = (letters: string): fc.Arbitrary<string> =>
    fc.array(fc.constantFrom(...Array.from(letters)), { minLength: 1, maxLength: 7 }).map((parts) => parts.join(""));
  await fc.assert(
    fc.asyncProperty(texts("ab*?"), texts("ab"), async (stars, first) => {
      // No alternate is like a pattern that ends in this.
      const pattern = `${stars}!`;
      const expression = new RegExp(`^${pattern.replaceAll("*", ".*").replaceAll("?", ".")}$`);
      const isHeld = pattern === `${first}!` || (/[*?]/.test(pattern) && expression.test(`${first}!`));
      expect(await holds(pattern, `${first}!`)).toBe(isHeld);
    }),
    { seed: 20_261_202, numRuns: sampledRuns(500) },
  );
});

test("a server's pattern of many stars, on which a regular expression would never end", async () => {
  expect(await holds(`${"*a".repeat(40)}b`, "a".repeat(200))).toBe(false);
});
