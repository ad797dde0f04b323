import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { sourceFiles, violations } from "./check-imports.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

test("the tree keeps its rules", () => {
  expect(sourceFiles(root).length).toBeGreaterThan(60);
  expect(violations(root)).toEqual([]);
});

test("a module that a benchmark bundles, named in a text, is there", () => {
  const benches = sourceFiles(root).filter((file) => file.startsWith("bench/"));
  const named = benches.flatMap((file) =>
    [...readFileSync(path.join(root, file), "utf8").matchAll(/"\.\/(shared\/[\w/-]+\.ts)"/gu)].map(
      ([, module = ""]) => module,
    ),
  );
  expect(named.length).toBeGreaterThan(3);
  expect(named.filter((module) => !existsSync(path.join(root, module)))).toEqual([]);
});

test.each([
  ["a driver in the core", "shared/rotation/x.ts", 'import pg from "pg";', "imports pg"],
  ["an adapter in the core", "shared/rotation/x.ts", 'export { y } from "../aws/y.ts";', "imports ../aws/y.ts"],
  ["a late import", "shared/secrets/x.ts", 'await import("node-vault");', "imports node-vault"],
  ["one adapter in another", "shared/aws/x.ts", 'import "../mirrors/y.ts";', "imports ../mirrors/y.ts"],
  [
    "the core's inside in an adapter",
    "shared/engines/x.ts",
    'import "../rotation/rotate.ts";',
    "imports ../rotation/rotate.ts",
  ],
  [
    "the local stack in a function",
    "functions/x/handler.ts",
    'import "../../local/clock.ts";',
    "imports ../../local/clock.ts",
  ],
  ["a room without a row", "shared/new/x.ts", "", "is in no room"],
  ["a revealed secret", "shared/rotation/x.ts", "value.reveal()", "reveals a secret"],
  ["a line printed past the one place", "cli/x.ts", "process.stdout.write(name)", "prints by itself"],
  ["a line logged past the one place", "cli/x.ts", "console.log(name)", "prints by itself"],
  ["an engine's name in the core", "shared/rotation/x.ts", 'if (engine === "postgres") {}', "names an engine"],
  [
    "a file that imports itself",
    "local/x/x.ts",
    'import type { X } from "./x.ts";',
    "local/x/x.ts imports local/x/x.ts",
  ],
  ["a long handler", "functions/x/handler.ts", "\n".repeat(41), "has 41 lines"],
  ["a long file", "local/x/x.ts", "\n".repeat(301), "has 301 lines"],
  ["a file named utils.ts", "local/x/utils.ts", "", "says nothing"],
])("%s is found", (_what, file, source, problem) => {
  const tree = mkdtempSync(path.join(tmpdir(), "rekey-rooms-"));
  try {
    mkdirSync(path.dirname(path.join(tree, file)), { recursive: true });
    writeFileSync(path.join(tree, file), source);
    expect(violations(tree)).toEqual([expect.stringContaining(problem)]);
  } finally {
    rmSync(tree, { recursive: true });
  }
});

test.each([
  ["types alone", 'import type { X } from "./a.ts";'],
  ["what is passed on", 'export * from "./a.ts";'],
  ["what is loaded late", 'await import("./a.ts");'],
])("a circle of imports is found, closed by %s", (_what, last) => {
  const tree = mkdtempSync(path.join(tmpdir(), "rekey-rooms-"));
  try {
    const folder = path.join(tree, "local/x");
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, "a.ts"), 'import "./b.ts";');
    writeFileSync(path.join(folder, "b.ts"), 'import "./c.ts"; import "./d.ts";');
    writeFileSync(path.join(folder, "c.ts"), last);
    writeFileSync(path.join(folder, "d.ts"), "");
    expect(violations(tree)).toEqual(["local/x/a.ts imports local/x/b.ts imports local/x/c.ts imports local/x/a.ts"]);
  } finally {
    rmSync(tree, { recursive: true });
  }
});

test("a tree without files is a failure, not a pass", () => {
  const tree = mkdtempSync(path.join(tmpdir(), "rekey-rooms-"));
  expect(violations(tree)).toEqual(["no files were read"]);
  rmSync(tree, { recursive: true });
});
