import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { commands } from "../../cli/commands.ts";
import { commandPage } from "./command-page.ts";
import { emulatorPage } from "./emulator-page.ts";
import { readTemplate } from "../../deploy/reading/read-template.ts";
import { codes } from "../../shared/errors/codes.ts";
import { costTable } from "./cost-table.ts";
import { engineFacts, engineFile, enginePage } from "./engine-table.ts";
import { errorTable } from "./error-table.ts";
import { pages, root } from "./fenced-blocks.ts";
import { findingTable } from "./finding-table.ts";
import { servingTable, servingTablePlace } from "./serving-table.ts";
import { tagTablePlace, tagTableRows } from "./tag-table.ts";

test.each([
  ["cli", commandPage],
  ["emulators", emulatorPage],
  ["cost", costTable],
  ["engines", enginePage],
  ["errors", errorTable],
  ["findings", findingTable],
])("the reference of %s is what the code says", (name, table) => {
  expect(readFileSync(path.join(root, `docs/reference/${name}.md`), "utf8")).toBe(table());
});

test("what rekey engines prints is what the engines say", () => {
  const held: unknown = JSON.parse(readFileSync(path.join(root, "cli/commands/engines/engines.json"), "utf8"));
  expect(held).toEqual(JSON.parse(engineFile()));
});

test("every test of the engine contract is named by the engine whose it is", () => {
  const files = readdirSync(path.join(root, "tests/engines"))
    .map((file) => `tests/engines/${file}`)
    .filter((file) => readFileSync(path.join(root, file), "utf8").match(/^ *contractTests\(/mu));
  const named = engineFacts.flatMap(({ testedOn }) => Object.values(testedOn));
  expect(named.toSorted()).toEqual(files.toSorted());
});

test("the reference of the client says of each cause what the code does", () => {
  const page = readFileSync(path.join(root, "docs/reference/client.md"), "utf8");
  expect(servingTablePlace.exec(page)?.[0]).toContain(servingTable());
});

test("the reference of the secret has the table of tags", () => {
  const page = readFileSync(path.join(root, "docs/reference/secret.md"), "utf8");
  expect(tagTablePlace.exec(page)?.[0]).toContain(tagTableRows());
});

test("the runbook has a section for every code, and for no other", () => {
  const runbook = readFileSync(path.join(root, "docs/runbook.md"), "utf8");
  const sections = [...runbook.matchAll(/^#{3,4} ([a-z-]+)$/gmu)].map(([, code]) => code);
  expect(new Set(sections)).toEqual(new Set(Object.keys(codes)));
  expect(sections).toHaveLength(Object.keys(codes).length);
});

test("the runbook has a section for every alarm", () => {
  const { Resources } = readTemplate(readFileSync(path.join(root, "template.yaml"), "utf8"));
  const alarms = Object.entries(Resources).flatMap(([name, { Type }]) =>
    Type === "AWS::CloudWatch::Alarm" ? [name] : [],
  );
  const runbook = readFileSync(path.join(root, "docs/runbook.md"), "utf8");
  expect(alarms.filter((name) => !runbook.includes(`\n### ${name.replace(/Alarm$/u, "")}\n`))).toEqual([]);
  expect(alarms.length).toBeGreaterThan(6);
});

test("the index leads to every page, but for the decisions, which have their folder", () => {
  const index = readFileSync(path.join(root, "docs/README.md"), "utf8");
  const others = pages.filter((page) => page.startsWith("docs/") && !/decisions|README/u.test(page));
  expect(others.filter((page) => !index.includes(`](${page.slice("docs/".length)})`))).toEqual([]);
});

test("every command that a sentence names is one", () => {
  const { scripts } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")) as { scripts: object };
  const names = new Set(commands.map(({ name }) => name));
  for (const page of pages.filter((name) => !name.startsWith("docs/decisions/"))) {
    const text = readFileSync(path.join(root, page), "utf8");
    const named = [...text.matchAll(/npm run (?:--\w+ )*([\w:-]+)/gu)].map(([, script = ""]) => script);
    expect({ page, missing: named.filter((script) => !(script in scripts)) }).toEqual({ page, missing: [] });
    const used = [...text.matchAll(/`rekey ([a-z-]+)/gu)].map(([, command = ""]) => command);
    expect({ page, missing: used.filter((command) => !names.has(command)) }).toEqual({ page, missing: [] });
  }
});

test("every threat names a control and a test", () => {
  const model = readFileSync(path.join(root, "docs/threat-model.md"), "utf8");
  const rows = model.split("\n").filter((line) => /^\| T\d+ /u.test(line));
  expect(rows.length).toBeGreaterThan(10);
  for (const row of rows) expect(row.split("|")[4]).toMatch(/\]\(\.\.\/.+\.test\.ts\)/u);
});

test("every attack is in the threat model", () => {
  const model = readFileSync(path.join(root, "docs/threat-model.md"), "utf8");
  const attacks = readdirSync(path.join(root, "tests/security"), { recursive: true, encoding: "utf8" })
    .filter((file) => /^[a-z-]+\/.+\.test\.ts$/u.test(file))
    .map((file) => `](../tests/security/${file})`);
  expect(attacks.length).toBeGreaterThan(40);
  expect(attacks.filter((link) => !model.includes(link))).toEqual([]);
});

test.each(pages)("%s links to nothing that is not there", (page) => {
  const text = readFileSync(path.join(root, page), "utf8");
  const links = [...text.matchAll(/\]\(([^)#]+)[^)]*\)/g)].map(([, target]) => target ?? "");
  const broken = links.filter(
    (link) => !/^[a-z]+:/.test(link) && !existsSync(path.join(root, path.dirname(page), link)),
  );
  expect(broken).toEqual([]);
});
