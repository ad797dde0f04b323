import fc from "fast-check";
import { expect, test } from "vitest";
import type { MirrorEntry } from "../operations/ports.ts";
import { SecretValue } from "../secrets/secret-value.ts";
import { pathProblem } from "../vault/vault-path.ts";
import { mirrorPath } from "./mirror-path.ts";
import { sampledRuns } from "../../tests/support/sampled.ts";

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

/** What Secrets Manager takes in names, and what AWS's services put into those that they make. */
const nameCharacters = "/..//!_+=@-:aB2FE1".split("");
const anyName = fc.oneof(
  fc.string({ unit: fc.constantFrom(...nameCharacters), minLength: 1, maxLength: 10 }),
  fc.stringMatching(/^[A-Za-z0-9/_+=.@!-]{1,512}$/),
);

/** The name that a path stands for, by the documented rule. */
const nameAt = (path: string): string =>
  path.replaceAll(/(?::[0-9A-F]{2})+/g, (run) => Buffer.from(run.replaceAll(":", ""), "hex").toString());

test("every name has a path that Vault keeps as it is, and no two names have one path", () => {
  fc.assert(
    fc.property(anyName, (name) => {
      const path = mirrorPath(entry(name), undefined);
      expect(pathProblem(path)).toBeUndefined();
      expect(nameAt(path)).toBe(name);
    }),
    { numRuns: sampledRuns(5_000) },
  );
});

test("a name that is a path by itself stays as it is", () => {
  fc.assert(
    fc.property(anyName, (name) => {
      fc.pre(pathProblem(name) === undefined && !/:[0-9A-F]{2}/.test(name));
      expect(mirrorPath(entry(name), undefined)).toBe(name);
    }),
  );
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
    { numRuns: sampledRuns(500), maxSkipsPerRun: 1000 },
  );
});
