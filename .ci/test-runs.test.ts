import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";

const script = fileURLToPath(new URL("test-runs.ts", import.meta.url));
let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "rekey-runs-"));
});
afterEach(() => rmSync(home, { recursive: true }));

type Outcomes = Readonly<Record<string, "passed" | "failed" | "skipped" | "sampled">>;

/** A tree whose run had these outcomes, with the field cases that its files counted. */
function treeOf(name: string, files: Readonly<Record<string, Outcomes>>, fieldCounts: readonly string[] = []): string {
  const tree = join(home, name);
  const testResults = Object.entries(files).map(([file, outcomes]) => ({
    name: join(tree, file),
    status: Object.values(outcomes).some((status) => status === "failed") ? "failed" : "passed",
    message: "SyntaxError: broken",
    assertionResults: Object.entries(outcomes).map(([fullName, status]) => ({
      fullName,
      status: status === "sampled" ? "passed" : status,
      meta: status === "sampled" ? { sampled: true } : {},
      failureMessages: status === "failed" ? ["Error: no\n    at line 1"] : [],
    })),
  }));
  mkdirSync(join(tree, "coverage"), { recursive: true });
  writeFileSync(join(tree, "coverage/vitest.json"), JSON.stringify({ testResults }));
  writeFileSync(join(tree, "coverage/field.tsv"), fieldCounts.map((line) => `${line}\n`).join(""));
  return tree;
}

function run(command: "left" | "count", files: readonly string[], ...trees: readonly string[]): readonly string[] {
  const list = join(home, "files");
  writeFileSync(list, files.map((file) => `${file}\n`).join(""));
  const output = execFileSync(process.execPath, [script, command, list, ...trees], { encoding: "utf8" });
  return output.split("\n").filter(Boolean);
}

test("left are the files that skipped a test, sampled or failed one, did not load or have no outcome", () => {
  const tree = treeOf("first", {
    "whole.test.ts": { one: "passed", two: "passed" },
    "skips.test.ts": { one: "passed", two: "skipped" },
    "samples.test.ts": { one: "passed", two: "sampled" },
    "fails.test.ts": { one: "failed" },
    "broken.test.ts": {},
  });
  const files = ["whole.test.ts", "skips.test.ts", "samples.test.ts", "fails.test.ts", "broken.test.ts", "new.test.ts"];
  expect(run("left", files, tree)).toEqual(files.slice(1));
});

test("without a report everything is left", () => {
  expect(run("left", ["a.test.ts"], join(home, "nowhere"))).toEqual(["a.test.ts"]);
});

test("a test that ran twice counts once, by its second outcome", () => {
  const first = treeOf("first", { "a.test.ts": { one: "passed", two: "skipped" }, "b.test.ts": { three: "passed" } });
  const second = treeOf("second", { "a.test.ts": { one: "passed", two: "passed" } });
  expect(run("count", ["a.test.ts", "b.test.ts"], first, second).at(-1)).toBe("3 0");
});

test("a test that is skipped in the end, a file that does not load and a file that was not run are failures by name", () => {
  const first = treeOf("first", { "a.test.ts": { one: "skipped" }, "b.test.ts": {} });
  const second = treeOf("second", { "b.test.ts": {} });
  expect(run("count", ["a.test.ts", "b.test.ts", "c.test.ts"], first, second).slice(-4)).toEqual([
    "failed test: c.test.ts: it was not run",
    "failed test: a.test.ts: one (skipped)",
    "failed test: b.test.ts: the file itself (failed) SyntaxError: broken",
    "0 3",
  ]);
});

test("a file that is only sampled in the end is a failure by name", () => {
  const first = treeOf("first", { "a.test.ts": { one: "sampled" }, "b.test.ts": { two: "sampled" } });
  const second = treeOf("second", { "b.test.ts": { two: "passed" } });
  expect(run("count", ["a.test.ts", "b.test.ts"], first, second)).toEqual([
    "attacks: 0 tried, 0 refused",
    "failed test: a.test.ts: it was only sampled",
    "2 1",
  ]);
});

test("what failed only in the first run is named, though it counts as passed", () => {
  const first = treeOf("first", { "a.test.ts": { one: "failed" } });
  const second = treeOf("second", { "a.test.ts": { one: "passed" } });
  expect(run("count", ["a.test.ts"], first, second).slice(-2)).toEqual([
    "failed in the first run: a.test.ts: one (failed) Error: no",
    "1 0",
  ]);
});

test("of many failed tests the first are named and the others counted", () => {
  const outcomes = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`test ${index}`, "failed" as const]));
  const lines = run("count", ["a.test.ts"], treeOf("first", { "a.test.ts": outcomes }), join(home, "nowhere"));
  expect(lines.filter((line) => line.startsWith("failed test: "))).toHaveLength(10);
  expect(lines.slice(-2)).toEqual(["failed tests that are not named: 20", "0 30"]);
});

test("attacks and field cases are summed over both runs, those of a file that ran twice once", () => {
  const file = "tests/security/someone/a.test.ts";
  const first = treeOf("first", { [file]: { one: "skipped" }, "b.test.ts": { two: "passed" } }, [
    `${file}\t1\t1\tkind`,
    "b.test.ts\t2\t1\tkind",
  ]);
  const second = treeOf("second", { [file]: { one: "passed" } }, [`${file}\t4\t4\tkind`, `${file}\t1\t1\tother`]);
  expect(run("count", [file, "b.test.ts"], first, second)).toEqual([
    "attacks: 1 tried, 1 refused",
    "field cases, all files, kind: 6 tried, 5 as they should be",
    "field cases, all files, other: 1 tried, 1 as they should be",
    "2 0",
  ]);
});
