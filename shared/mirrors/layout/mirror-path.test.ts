import { expect, test } from "vitest";
import { entryOf } from "../../../tests/support/mirror-entries.ts";
import type { MirrorEntry } from "../../ports/mirror.ts";
import { mirrorPath } from "./mirror-path.ts";

const entry = (secretName: string, tag?: string): MirrorEntry =>
  entryOf(secretName, { tags: new Map(tag === undefined ? [] : [["rekey:vault-path", tag]]) });

test.each(["MySecret", "prod/db", "a_b+c=d.e@f-g:h", "a:2x", ".hidden", "a.b.c", "+"])("%s is a path", (name) => {
  expect(mirrorPath(entry(name), undefined)).toBe(name);
});

test.each([
  "",
  "/a",
  "a/",
  "a//b",
  ".",
  "..",
  "a/./b",
  "a/../b",
  "a..b",
  "a b",
  "a#b",
  "a?b",
  "a%2fb",
  "a\nb",
  "a\u0000",
  "ä",
  "a*",
])("the tag's path %j is mirror-path-invalid", (path) => {
  const problem = expect.objectContaining({ code: "mirror-path-invalid", disposition: "abort" });
  expect(() => mirrorPath(entry("good", path), undefined)).toThrow(problem);
});

test.each([
  ["rds!cluster-1f2e-AbCdEf", "rds:21cluster-1f2e-AbCdEf"],
  ["/a", ":2Fa"],
  ["a/", "a:2F"],
  ["/", ":2F"],
  ["a//b", "a/:2Fb"],
  ["a///b", "a/:2F:2Fb"],
  ["a//", "a/:2F"],
  [".", ":2E"],
  ["..", ".:2E"],
  ["...", ".:2E:2E"],
  ["a/./b", "a/:2E/b"],
  ["a/../b", "a/.:2E/b"],
  ["a..b", "a.:2Eb"],
  ["a:21b", "a:3A21b"],
])("the name %j is escaped: %s", (name, path) => {
  expect(mirrorPath(entry(name), undefined)).toBe(path);
  expect(mirrorPath(entry(name), "aws/prod")).toBe(`aws/prod/${path}`);
});

test.each(["", "a b", "a#b", "a?b", "a%2fb", "a\nb", "a\u0000", "ä", "a*", "\ud800"])(
  "the name %j, which is none, is mirror-path-invalid",
  (name) => {
    expect(() => mirrorPath(entry(name), undefined)).toThrow(expect.objectContaining({ code: "mirror-path-invalid" }));
  },
);

test("the prefix goes before the name; the tag's path has it already", () => {
  expect(mirrorPath(entry("db"), "aws/prod")).toBe("aws/prod/db");
  expect(mirrorPath(entry("db", "aws/prod/shop/db"), "aws/prod")).toBe("aws/prod/shop/db");
});

test.each(["shop/db", "aws/production/db", "aws/prod", "AWS/prod/db", "aws/Prod/db", "x/aws/prod/db"])(
  "the tag's path %s, which is not below the prefix, is mirror-path-invalid",
  (tag) => {
    const problem = "it is not below the mirror's prefix";
    expect(() => mirrorPath(entry("db", tag), "aws/prod")).toThrow(
      expect.objectContaining({ code: "mirror-path-invalid", context: { secret: entry("db").secretArn, problem } }),
    );
  },
);

test("without a prefix the tag's path is the path, and what is wrong with it comes before where it lies", () => {
  expect(mirrorPath(entry("db", "shop/db"), undefined)).toBe("shop/db");
  for (const prefix of [undefined, "aws/prod"]) {
    expect(() => mirrorPath(entry("db", "shop//db"), prefix)).toThrow(
      expect.objectContaining({ context: expect.objectContaining({ problem: expect.stringContaining("slash") }) }),
    );
  }
});
