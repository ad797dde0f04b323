import { readdirSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { isBuiltin } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { Metafile } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundleFunction } from "./bundle-function.ts";
import { functionEnvironment } from "./function-environment.ts";

const packageOf = (file: string): string | undefined => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/u.exec(file)?.[1];
const packageNamed = (specifier = ""): readonly string[] =>
  isBuiltin(specifier) ? [] : (/^(?:@[^/]+\/)?[\w-]+/u.exec(specifier) ?? []);
/** What the engines' own files import of packages. */
const driversOf = (inputs: Metafile["inputs"]): ReadonlySet<string> =>
  new Set(
    Object.entries(inputs)
      .filter(([file]) => file.startsWith("shared/engines/"))
      .flatMap(([, { imports }]) => imports.flatMap(({ original }) => packageNamed(original))),
  );
/** What a function needs that its engine's files do not import. */
const kept: Readonly<Record<string, readonly string[]>> = {
  "rotate-mongodb": ["@mongodb-js/saslprep"],
  "rotate-vault-static-role": ["node-vault"],
};
const large = ["axios", "iconv-lite", "node-vault", "@redis/client"];

const functions = readdirSync(path.resolve(import.meta.dirname, "../functions"));
const rotations = functions.filter((name) => name.startsWith("rotate-"));

let folder: string;
/** `check-login` logs in to each server that a function rotates. */
let everyDriver: ReadonlySet<string>;
Object.assign(process.env, functionEnvironment);

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "rekey-bundle-"));
  everyDriver = driversOf((await bundleFunction("check-login", path.join(folder, "check-login", "index.mjs"))).inputs);
});
afterAll(async () => rm(folder, { recursive: true }));

test.each(rotations)(
  "%s has its engine and its driver and no other, and answers a bad event with a typed error",
  async (name) => {
    const outfile = path.join(folder, name, "index.mjs");
    const { inputs } = await bundleFunction(name, outfile);
    const files = Object.keys(inputs);
    expect(files.filter((file) => file.endsWith("-engine.ts")).map((file) => path.basename(file))).toEqual([
      `${name.replace("rotate-", "")}-engine.ts`,
    ]);
    const own = driversOf(inputs);
    const others = [...everyDriver, ...large].filter((one) => !own.has(one) && kept[name]?.includes(one) !== true);
    expect(others.length).toBeGreaterThan(4);
    expect(files.filter((file) => others.includes(packageOf(file) ?? ""))).toEqual([]);
    expect(files.filter((file) => /credential-provider-(?:sso|ini|process)/u.test(file))).toEqual([]);
    const { handler } = (await import(pathToFileURL(outfile).href)) as {
      handler: (event: unknown, context: object) => Promise<unknown>;
    };
    await expect(handler({ Step: "drop" }, { getRemainingTimeInMillis: () => 9_000 })).rejects.toMatchObject({
      code: "step-invalid",
    });
    expect(JSON.parse(await readFile(`${outfile}.map`, "utf8"))).toMatchObject({ version: 3 });
  },
);

test("check-login has every driver", () => {
  expect([...everyDriver]).toEqual(expect.arrayContaining(["pg", "mysql2", "mongodb"]));
});

test.each(functions.filter((name) => !rotations.includes(name)))("%s loads and takes an empty batch", async (name) => {
  const outfile = path.join(folder, name, "index.mjs");
  await bundleFunction(name, outfile);
  const { handler } = (await import(pathToFileURL(outfile).href)) as {
    handler: (event: unknown, context: object) => Promise<unknown>;
  };
  await expect(handler({ Records: [] }, { getRemainingTimeInMillis: () => 9_000 })).resolves.toEqual({
    batchItemFailures: [],
  });
});
