import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { packageEntries } from "../../bundle/package-entries.ts";
import {
  type DocumentedExport,
  implemented,
  packageExamples,
  portExamples,
  portImports,
} from "./doc-comment-examples.ts";
import { root } from "./fenced-blocks.ts";

const ofPackage = [...packageExamples, ...implemented];

test("whatever a service imports, and each port, has an example", () => {
  const without = [...ofPackage, ...portExamples].filter(({ example }) => example === undefined);
  expect(without.map(({ file, name }) => `${file} ${name}`)).toEqual([]);
  expect(packageExamples.length).toBeGreaterThan(20);
  expect(portExamples.length).toBeGreaterThan(25);
});

/** What the compiler says of examples, each in a file of its own that lies in `place`, with the export in place of the file. */
async function complaints(examples: readonly DocumentedExport[], place: string, before: string): Promise<string> {
  await mkdir(path.join(root, "dist"), { recursive: true });
  const folder = await mkdtemp(path.join(root, "dist/examples-"));
  onTestFinished(async () => rm(folder, { recursive: true }));
  await mkdir(path.join(folder, place), { recursive: true });
  const files = examples.map((_example, index) => path.join(place, `example-${index}.ts`));
  await Promise.all(
    examples.map(async ({ example = "" }, index) =>
      writeFile(path.join(folder, files[index] ?? ""), `${before}${example}export {};\n`),
    ),
  );
  const entries = Object.entries(packageEntries).map(([name, file]) => [`rekey/${name}`, [path.join(root, file)]]);
  const compilerOptions = {
    paths: Object.fromEntries(entries),
    // As if the folder were the root.
    rootDirs: [root, folder],
    noUnusedLocals: false,
    noUnusedParameters: false,
  };
  const settings = { extends: path.join(root, "tsconfig.json"), compilerOptions, include: [], files };
  await writeFile(path.join(folder, "tsconfig.json"), JSON.stringify(settings));
  const said = await promisify(execFile)(path.join(root, "node_modules/.bin/tsc"), ["-p", folder]).then(
    ({ stdout }) => stdout,
    (error: unknown) => String(Reflect.get(Object(error), "stdout")),
  );
  return said.replaceAll(/\S*example-(\d+)\.ts/gu, (_, index) => examples[Number(index)]?.name ?? "");
}

test("each example of what services import compiles by itself", async () => {
  expect(await complaints(ofPackage, "service", "")).toBe("");
});

test("each example of a port compiles in a room next to the ports", async () => {
  const values = 'import type { SecretValue } from "../secrets/secret-value.ts";\n';
  expect(await complaints(portExamples, "shared/adapter", portImports + values)).toBe("");
});

test("an example that is wrong is found", async () => {
  const wrong = { file: "", name: "wrong", isValue: true, example: 'import { nothing } from "rekey/client";\n' };
  expect(await complaints([wrong], "service", "")).toContain("wrong");
});
