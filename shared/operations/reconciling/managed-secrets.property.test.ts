import fc from "fast-check";
import { expect, test } from "vitest";
import { managedSecrets } from "./managed-secrets.ts";

const arnOf = (name: string): string => `arn:aws:secretsmanager:eu-west-1:123456789012:secret:${name}`;

test("no secret that a pattern includes has a name without one of the prefixes", () => {
  const part = fc.string({ unit: fc.constantFrom(..."ab-/A".split("")), minLength: 1, maxLength: 8 });
  const letters = fc.string({ unit: fc.constantFrom(..."abA0".split("")), minLength: 6, maxLength: 6 });
  const cut = fc.nat(20);
  fc.assert(
    fc.property(part, letters, cut, fc.constantFrom("*", "??????"), (name, suffix, at, wildcard) => {
      const arn = arnOf(`${name}-${suffix}`);
      const pattern =
        wildcard === "*" ? `${arn.slice(0, arn.indexOf(":secret:") + 8 + at)}*` : `${arn.slice(0, -6)}??????`;
      const { includes, namePrefixes } = managedSecrets([pattern]);
      fc.pre(includes(arn));
      expect(namePrefixes.length === 0 || namePrefixes.some((prefix) => name.startsWith(prefix))).toBe(true);
    }),
  );
});
