import { sampledRuns } from "../../../tests/support/sampled.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { entryOf } from "../../../tests/support/mirror-entries.ts";
import type { MirrorEntry } from "../../ports/mirror.ts";
import { pathProblem } from "../../vault/vault-path.ts";
import { mirrorPath } from "./mirror-path.ts";

const entry = (secretName: string, tag?: string): MirrorEntry =>
  entryOf(secretName, { tags: new Map(tag === undefined ? [] : [["rekey:vault-path", tag]]) });

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
