import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { parse as parseYaml } from "yaml";
import { documentedPrograms, lifecyclesPage, programFolder } from "../support/lifecycles/documented-programs.ts";
import { frameworkPackages } from "../support/lifecycles/frameworks.ts";
import { blocksIn, root } from "./fenced-blocks.ts";

const frameworks = frameworkPackages();

test.skipIf(frameworks === undefined)(
  "the programs of the page compile against the package and the frameworks",
  { timeout: 60_000 },
  async () => {
    await using folder = await programFolder(frameworks, {}, "kept");
    const files = [...documentedPrograms.keys()];
    const compilerOptions = { paths: {}, erasableSyntaxOnly: false, experimentalDecorators: true, types: ["node"] };
    const typeRoots = [path.join(root, "node_modules/@types")];
    const config = { extends: path.join(root, "tsconfig.json"), include: [], files };
    await writeFile(
      path.join(folder.path, "tsconfig.json"),
      JSON.stringify({ ...config, compilerOptions: { ...compilerOptions, typeRoots } }),
    );
    const said = await promisify(execFile)(path.join(root, "node_modules/.bin/tsc"), ["-p", folder.path]).then(
      ({ stdout }) => stdout,
      (error: unknown) => String(Reflect.get(Object(error), "stdout")),
    );
    expect(said).toBe("");
    expect(files.length).toBeGreaterThan(10);
  },
);

test("each package that a program imports is in an install line of the page", () => {
  const page = readFileSync(path.join(root, lifecyclesPage), "utf8");
  const lines = [...page.matchAll(/`npm install ([^`]+)`/gu)];
  const installed = new Set(lines.flatMap(([, names = ""]) => names.split(" ")));
  const imported = [...documentedPrograms.values()]
    .flatMap((text) =>
      [...text.matchAll(/(?:from|import) "((?:@[\w-]+\/)?[\w-]+)[^"]*"/gu)].map(([, name = ""]) => name),
    )
    .filter((name) => !name.startsWith("node"));
  expect([...new Set(imported)].filter((name) => !installed.has(name))).toEqual([]);
  expect(new Set(imported).size).toBeGreaterThan(8);
});

const seconds = (digits: string): number => Number(digits.replaceAll("_", "")) / 1_000;
const setting = (name: string): number =>
  seconds(new RegExp(`${name}: ([\\d_]+)`, "u").exec(documentedPrograms.get("database.ts") ?? "")?.[1] ?? "");

test("the pod's grace period covers preStop and the deadline, and the deadline the longest request and what comes after it", () => {
  const pod = blocksIn("yaml").find(({ page }) => page === lifecyclesPage);
  const { spec } = parseYaml(pod?.text ?? "") as {
    readonly spec: {
      readonly terminationGracePeriodSeconds: number;
      readonly containers: readonly [
        { readonly lifecycle: { readonly preStop: { readonly sleep: { readonly seconds: number } } } },
      ];
    };
  };
  const preStop = spec.containers[0].lifecycle.preStop.sleep.seconds;
  const longestRequest = setting("connectionTimeoutMillis") + setting("query_timeout");
  /** Connections are closed within a second, the client and the queue within three. */
  const afterwards = 4;
  const deadlines = [...documentedPrograms.values()].flatMap((text) =>
    Array.from(text.matchAll(/process\.exit\(1\), ([\d_]+)\)/gu), ([, digits = ""]) => seconds(digits)),
  );
  expect(deadlines.length).toBeGreaterThanOrEqual(7);
  expect(Math.min(...deadlines)).toBeGreaterThanOrEqual(longestRequest + afterwards);
  expect(Math.max(...deadlines) + preStop).toBeLessThan(spec.terminationGracePeriodSeconds);
});
