import { appendFileSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect } from "vitest";

/** What goes wrong with accounts, servers, inputs and services that people really have. */
export type Kind =
  | "one number, several causes"
  | "the session of the user's settings"
  | "an account rewritten"
  | "half-rendered fields"
  | "doctor does not see it"
  | "input narrower than AWS's"
  | "bytes that are not rekey's"
  | "one bad input ends or blocks the service"
  | "a driver imitated incompletely"
  | "peers and module formats"
  | "one error for two causes"
  | "values changed or lost"
  | "resources at their limit"
  | "it stops silently"
  | "agent and sources"
  | "lifecycles";

const root = fileURLToPath(new URL("../..", import.meta.url));
const tried = new Map<Kind, { cases: number; passed: number }>();

/** Counts a case of this kind; a test file prints its counts at its end. */
export function fieldCase(kind: Kind, body: () => Promise<void>): () => Promise<void> {
  return async () => {
    const count = tried.get(kind) ?? { cases: 0, passed: 0 };
    tried.set(kind, count);
    count.cases++;
    await body();
    count.passed++;
  };
}

/** Call once in each file. Adds its counts to the file that REKEY_FIELD_REPORT names, where `.ci/count-tests.ts` sums all of them up. */
export function printFieldCases(): void {
  afterAll(() => {
    const report = process.env["REKEY_FIELD_REPORT"];
    const file = relative(root, expect.getState().testPath ?? "");
    for (const [kind, { cases, passed }] of tried) {
      process.stdout.write(`field cases, ${kind}: ${cases} tried, ${passed} as they should be\n`);
      if (report !== undefined) appendFileSync(report, `${file}\t${cases}\t${passed}\t${kind}\n`);
    }
  });
}
