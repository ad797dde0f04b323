import fc from "fast-check";
import { expect, test } from "vitest";
import { filledFields } from "./mirror-templates.ts";

test("whatever the password, URL's own parser reads it back", () => {
  const template = { url: "postgres://app:{{password}}@db.example.com:5432/shop" };
  fc.assert(
    fc.property(fc.string({ unit: "binary", minLength: 1 }), (password) => {
      const { url } = filledFields("arn", template, { password });
      expect(decodeURIComponent(new URL(String(url)).password)).toBe(password);
    }),
  );
});
