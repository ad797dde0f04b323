import { existsSync, globSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { rotationFunctions } from "../../deploy/template/functions/rotation.ts";
import { sourceFiles } from "../architecture/check-imports.ts";
import { engineFacts } from "../docs/engine-table.ts";
import { engineLists, root } from "./render-engine-lists.ts";

const textOf = (file: string): string => readFileSync(path.join(root, file), "utf8");
/** Without what the formatter adds: blanks, and a comma behind the last of a list that takes several lines. */
const unformatted = (text: string): string => text.replaceAll(/\s/gu, "").replaceAll(",]", "]");
const modules = globSync("shared/engines/*/*-engine.ts", { cwd: root });
const engines = modules.map((file) => path.basename(path.dirname(file)));

test.each(Object.entries(engineLists))(
  "%s is what the functions' folders say: npm run docs writes it",
  (file, list) => {
    expect(unformatted(textOf(file))).toBe(unformatted(list));
  },
);

test("every engine has its function, the function's row in the template, and a test on a server", () => {
  expect(engines.length).toBeGreaterThan(6);
  const rows = rotationFunctions.map(({ name }) => name);
  expect(rows.toSorted()).toEqual(engines.map((name) => `rotate-${name}`).toSorted());
  const files = rows.map((name) => `functions/${name}/handler.ts`);
  expect(files.filter((file) => !existsSync(path.join(root, file)))).toEqual([]);
  const contracts = globSync("tests/engines/*.test.ts", { cwd: root })
    .map(textOf)
    .filter((text) => text.includes("contractTests("));
  const fixtures = contracts
    .flatMap((text) => [...text.matchAll(/"\.\.\/support\/([\w-]+\.ts)"/gu)])
    .map(([, name = ""]) => textOf(`tests/support/${name}`));
  const tested = [...contracts, ...fixtures].join("");
  expect(engines.filter((name) => !tested.includes(`/${name}-engine.ts"`))).toEqual([]);
});

test("the functions of experimental engines, and no others, are deployed only where the parameter asks", () => {
  const rows = rotationFunctions.filter(({ condition }) => condition === "RotatesExperimental");
  const experimental = engineFacts.filter(({ isExperimental }) => isExperimental);
  expect(rows.map(({ name }) => name).toSorted()).toEqual(experimental.map((one) => one.function).toSorted());
});

test("no source but an engine's own function loads the engine, benchmarks apart", () => {
  const sources = sourceFiles(root).filter((file) => !file.startsWith("bench/"));
  const users = sources.flatMap((file) =>
    modules.flatMap((module) => (textOf(file).includes(`${path.basename(module)}"`) ? [{ file, module }] : [])),
  );
  expect(users.length).toBeGreaterThanOrEqual(engines.length);
  const own = ({ file, module }: (typeof users)[number]): boolean =>
    file.startsWith(`functions/rotate-${path.basename(path.dirname(module))}/`);
  expect(users.filter((user) => !own(user))).toEqual([]);
});
