import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { parseEnv, promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse as parseYaml } from "yaml";
import { packageEntries } from "../../bundle/package-entries.ts";
import { startPostgres } from "../../local/postgres/embedded-postgres.ts";
import { lifecyclesPage } from "../support/lifecycles/documented-programs.ts";
import { outsideProgram } from "../support/outside-program.ts";
import { blocksIn, fencedBlocks, pages, root } from "./fenced-blocks.ts";

const run = promisify(execFile);
const hclfmt = outsideProgram("REKEY_HCLFMT", ".ci/linters");
let folder = "";

beforeAll(async () => {
  // Inside of the repository, so that packages are found.
  await mkdir(path.join(root, "dist"), { recursive: true });
  folder = await mkdtemp(path.join(root, "dist/blocks-"));
});
afterAll(async () => rm(folder, { recursive: true }));

/** Output and forms, which nothing can run: each with what holds it to the truth instead. */
const shown: Readonly<Record<string, string>> = {
  "docs/architecture.md": "the tree of folders; tests/docs/architecture.test.ts looks whether they are there",
  "docs/capacity.md": "written by npm run docs from the command's own code",
  "docs/reference/cli.md": "written by npm run docs from the command table",
  "docs/how-to/agent-recipes.md": "parts of examples/python and examples/java, which tests/agent/recipes.test.ts runs",
  "docs/how-to/cross-account.md": "who calls whom; tests/security/other-account plays it",
  "docs/how-to/exec.md": "tests/exec runs the built command with these options, and the image with what it copies",
  "docs/how-to/networks.md":
    "what the table below it says; tests/deployable/permissions.test.ts knows each function's calls",
  "docs/how-to/sidecar.md": "the recipe of an image; tests/agent/command.test.ts runs what it copies alone in a folder",
  "docs/reference/agent.md": "tests/agent/command.test.ts starts the same and asks it over HTTP",
  "docs/reference/webhook.md": "the form of a request; shared/webhook's tests sign and verify real ones",
};

test("every block says its language, and a language without a check here does not stand in the pages", () => {
  const languages = new Set(["sh", "ts", "json", "yaml", "hcl", "sql", "ini", "toml"]);
  const unchecked = pages
    .flatMap(fencedBlocks)
    .filter(({ page, language }) => !languages.has(language) && !(language === "text" && page in shown));
  expect(unchecked.map(({ at, language }) => `${at} ${language}`)).toEqual([]);
  expect(Object.keys(shown).sort()).toEqual([...new Set(blocksIn("text").map(({ page }) => page))]);
});

test("what is a file of variables has those of a function", () => {
  const blocks = blocksIn("ini").filter(({ page }) => page !== "docs/reference/poolers.md");
  const known = readFileSync(path.join(root, "template.yaml"), "utf8");
  for (const { text } of blocks)
    for (const name of Object.keys(parseEnv(text))) expect(known).toContain(`          ${name}: `);
  expect(blocks.length).toBeGreaterThan(0);
});

test("a block in a list loses the list's indentation, and its page's line is named", () => {
  const [block] = fencedBlocks("docs/how-to/add-an-engine.md");
  expect(block).toMatchObject({ language: "ts", at: expect.stringMatching(/^docs\/how-to\/add-an-engine\.md:\d+$/u) });
  expect(block?.text).toMatch(/^\S/u);
});

test("what is TypeScript compiles by itself against the package", async () => {
  // The CDK's has a test of its own, where the CDK is; so have the programs that import each other.
  const blocks = blocksIn("ts").filter(
    ({ page, text }) => page !== lifecyclesPage && !text.includes('from "aws-cdk-lib"'),
  );
  // As if it lay in tests/engines, from where the page on engines imports.
  const files = blocks.map((_block, index) => `tests/engines/block-${index}.ts`);
  await mkdir(path.join(folder, "tests/engines"), { recursive: true });
  for (const room of ["local", "shared", "tests/support"])
    await symlink(path.join(root, room), path.join(folder, room));
  const entries = Object.entries(packageEntries).map(([name, file]) => [`rekey/${name}`, [path.join(root, file)]]);
  // Nest's programs are compiled with its decorators.
  const compilerOptions = { paths: Object.fromEntries(entries), noUnusedLocals: false, experimentalDecorators: true };
  await Promise.all(
    blocks.map(async ({ text }, index) => writeFile(path.join(folder, files[index] ?? ""), `${text}export {};\n`)),
  );
  await writeFile(
    path.join(folder, "tsconfig.json"),
    JSON.stringify({ extends: path.join(root, "tsconfig.json"), compilerOptions, include: [], files }),
  );
  const said = await run(path.join(root, "node_modules/.bin/tsc"), ["-p", folder]).then(
    ({ stdout }) => stdout,
    (error: unknown) => String(Reflect.get(Object(error), "stdout")),
  );
  expect(said.replaceAll(/\S*block-(\d+)\.ts/gu, (_, index) => blocks[Number(index)]?.at ?? "")).toBe("");
  expect(blocks.length).toBeGreaterThan(3);
});

test.each(blocksIn("json"))("the JSON at $at can be parsed", ({ text }) => {
  expect(JSON.parse(text)).toBeTypeOf("object");
});

const yaml = blocksIn("yaml");
if (yaml.length > 0) {
  test.each(yaml)("the YAML at $at can be parsed", ({ text }) => {
    expect(parseYaml(text, { logLevel: "error" })).toBeTypeOf("object");
  });
}

test.skipIf(hclfmt === undefined)(
  "HashiCorp's own parser takes each block of HCL, and refuses a broken one",
  async () => {
    const blocks = blocksIn("hcl");
    for (const [index, { text }] of blocks.entries()) await writeFile(path.join(folder, `${index}.hcl`), text);
    await writeFile(path.join(folder, "broken.hcl"), 'path "a" {\n  capabilities = [\n}\n');
    const files = blocks.map((_block, index) => path.join(folder, `${index}.hcl`));
    expect(await run(hclfmt ?? "", ["-check", ...files])).toMatchObject({ stderr: "" });
    await expect(run(hclfmt ?? "", ["-check", path.join(folder, "broken.hcl")])).rejects.toThrow("Invalid expression");
  },
);

/** What the statements of a page speak of as there already. */
const given: Readonly<Record<string, string>> = {
  "docs/reference/poolers.md": "",
  "docs/reference/redshift.md": "CREATE SCHEMA orders; CREATE TABLE orders.lines (id int); CREATE ROLE orders LOGIN;",
};

test("PostgreSQL runs each block of SQL", async () => {
  const postgres = await startPostgres();
  try {
    for (const { page, text } of blocksIn("sql")) {
      await postgres.admin(given[page] ?? "");
      for (const statement of text.split(/;\s*\n/u).filter((part) => part.trim() !== ""))
        await postgres.admin(statement);
    }
    expect(Object.keys(given).sort()).toEqual([...new Set(blocksIn("sql").map(({ page }) => page))].sort());
  } finally {
    await postgres.stop();
  }
});
