import fc from "fast-check";
import { expect, test } from "vitest";
import type { MirrorEntry } from "../operations/ports.ts";
import { SecretValue } from "../secrets/secret-value.ts";
import { pathProblem } from "../vault/vault-path.ts";
import { mirrorPath } from "./mirror-path.ts";

const entry = (secretName: string, tag?: string): MirrorEntry => ({
  secretArn: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:x-AbCdEf",
  secretName,
  versionId: "v",
  createdAt: new Date(0),
  value: new SecretValue("x"),
  tags: new Map(tag === undefined ? [] : [["rekey:vault-path", tag]]),
});

test.each(["MySecret", "prod/db", "a_b+c=d.e@f-g:h", ".hidden", "a.b.c", "+"])("%s is a path", (name) => {
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
])("%j is mirror-path-invalid", (name) => {
  const problem = expect.objectContaining({ code: "mirror-path-invalid", disposition: "abort" });
  expect(() => mirrorPath(entry(name), undefined)).toThrow(problem);
  expect(() => mirrorPath(entry("good", name), undefined)).toThrow(problem);
});

test("the prefix goes before the name; the tag's path has it already", () => {
  expect(mirrorPath(entry("db"), "aws/prod")).toBe("aws/prod/db");
  expect(mirrorPath(entry("db", "aws/prod/shop/db"), "aws/prod")).toBe("aws/prod/shop/db");
});

test.each(["shop/db", "aws/production/db", "aws/prod", "AWS/prod/db", "aws/Prod/db", "x/aws/prod/db"])(
  "the tag's path %s, which is not below the prefix, is mirror-path-invalid",
  (tag) => {
    expect(() => mirrorPath(entry("db", tag), "aws/prod")).toThrow(
      expect.objectContaining({ code: "mirror-path-invalid" }),
    );
  },
);

test("a name with a slash at its start is invalid behind a prefix too", () => {
  expect(() => mirrorPath(entry("/db"), "aws")).toThrow(expect.objectContaining({ code: "mirror-path-invalid" }));
});

test("every path that is taken reads the same in a URL, encoded or not", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 8 }), (text) => {
      fc.pre(pathProblem(text) === undefined);
      const url = new URL(`http://vault/v1/secret/data/${text}`);
      expect([url.pathname, decodeURIComponent(url.pathname), url.search, url.hash]).toEqual([
        `/v1/secret/data/${text}`,
        `/v1/secret/data/${text}`,
        "",
        "",
      ]);
    }),
    { numRuns: 500, maxSkipsPerRun: 1000 },
  );
});
