import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { commandPage } from "./command-page.ts";
import { emulatorPage } from "./emulator-page.ts";
import { codes } from "../../shared/errors/codes.ts";
import { errorTable } from "./error-table.ts";
import { findingTable } from "./finding-table.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const pages = [
  ...readdirSync(root).filter((name) => name.endsWith(".md")),
  ...readdirSync(path.join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => path.join("docs", name)),
];

test.each([
  ["cli", commandPage],
  ["emulators", emulatorPage],
  ["errors", errorTable],
  ["findings", findingTable],
])("the reference of %s is what the code says", (name, table) => {
  expect(readFileSync(path.join(root, `docs/reference/${name}.md`), "utf8")).toBe(table());
});

test("the runbook has a section for every code, and for no other", () => {
  const runbook = readFileSync(path.join(root, "docs/runbook.md"), "utf8");
  const sections = [...runbook.matchAll(/^#{3,4} ([a-z-]+)$/gmu)].map(([, code]) => code);
  expect(new Set(sections)).toEqual(new Set(Object.keys(codes)));
  expect(sections).toHaveLength(Object.keys(codes).length);
});

test("every threat names a control and a test", () => {
  const model = readFileSync(path.join(root, "docs/threat-model.md"), "utf8");
  const rows = model.split("\n").filter((line) => /^\| T\d+ /u.test(line));
  expect(rows.length).toBeGreaterThan(10);
  for (const row of rows) expect(row.split("|")[4]).toMatch(/\]\(\.\.\/.+\.test\.ts\)/u);
});

test.each(pages)("%s links to nothing that is not there", (page) => {
  const text = readFileSync(path.join(root, page), "utf8");
  const links = [...text.matchAll(/\]\(([^)#]+)[^)]*\)/g)].map(([, target]) => target ?? "");
  const broken = links.filter(
    (link) => !/^[a-z]+:/.test(link) && !existsSync(path.join(root, path.dirname(page), link)),
  );
  expect(broken).toEqual([]);
});
