import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { packageEntries } from "../../../bundle/package-entries.ts";
import { fieldCase, printFieldCases } from "../field-cases.ts";
import { installTarball } from "../../support/install-tarball.ts";
import { runTool, tool, toolchains } from "./format-stage.ts";

const timeout = 120_000;
const project = path.join(import.meta.dirname, "projects/typescript");
/** Below the tools, and so with every driver and client of AWS within reach. */
let folder: string;

printFieldCases();

/** What a TypeScript says of rekey and of the project itself. The declarations of other packages have errors of their own. */
async function complaints(
  version: string,
  place: string,
  files: readonly string[],
  options: object,
): Promise<string[]> {
  const compilerOptions = {
    target: "ES2022",
    types: ["node"],
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    ...options,
  };
  await writeFile(path.join(place, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
  const env = { PATH: process.env["PATH"] };
  const { code, output } = await runTool(process.execPath, [tool(`${version}/bin/tsc`), "-p", "."], place, env);
  const errors = output.split("\n").filter((line) => line.includes("error TS"));
  expect(code === 0 || errors.length > 0).toBe(true);
  return errors.filter((line) => !line.includes("node_modules/") || line.includes("/rekey/"));
}

/** What a service may export of what the entries' functions return. */
const ofAClient = (client: string): string =>
  ["get('a')", "handle('a')", "health()"]
    .map((member, index) => `export const member${index} = () => ${client}.${member};`)
    .join("\n");

const members: Readonly<Record<string, string>> = {
  client: `${ofAClient("createSecretClientMade")}
    export const error = (error: entry.RekeyError) => [error.code, error.context, error.disposition] as const;`,
  "client/vault-dynamic": "export const revoke = vaultDynamicSourceMade.revokeReplaced;",
  testing: ofAClient("fakeSecretClientMade"),
};

const inBothFormats = ["service.cts", "service.mts"];

describe.skipIf(toolchains === undefined)("a service in TypeScript", { timeout }, () => {
  beforeAll(async () => {
    folder = await mkdtemp(path.join(toolchains ?? "", "types-"));
    await installTarball(folder);
    for (const name of ["service.ts", ...inBothFormats])
      await cp(path.join(project, "service.ts"), path.join(folder, name));
  });
  afterAll(async () => rm(folder, { recursive: true, force: true }));

  test.each([
    ["typescript-5.4", "node16"],
    ["typescript-5.4", "nodenext"],
    ["typescript", "nodenext"],
    ["typescript-6", "node16"],
    ["typescript-7", "node16"],
    ["typescript-7", "nodenext"],
  ])("%s with %s has the types of every entry, in CommonJS and in ES modules", async (version, mode) =>
    fieldCase("peers and module formats", async () => {
      const options = { module: mode, moduleResolution: mode };
      expect(await complaints(version, folder, inBothFormats, options)).toEqual([]);
    })(),
  );

  test.each([["typescript-5.4"], ["typescript"], ["typescript-7"]])(
    "%s with bundler has the types of every entry",
    async (version) =>
      fieldCase("peers and module formats", async () => {
        const options = { module: "esnext", moduleResolution: "bundler" };
        expect(await complaints(version, folder, ["service.ts"], options)).toEqual([]);
      })(),
  );

  test.each([
    ["typescript-5.4", {}],
    ["typescript", {}],
    ["typescript-6", { ignoreDeprecations: "6.0" }],
  ])("%s with node10, and without esModuleInterop, has the types of every entry", async (version, more) =>
    fieldCase("peers and module formats", async () => {
      const options = { module: "commonjs", moduleResolution: "node10", esModuleInterop: false, ...more };
      expect(await complaints(version, folder, ["service.ts"], options)).toEqual([]);
    })(),
  );

  test.each([
    ["typescript-5.4", "Node.js's types", { lib: ["ES2022"] }],
    ["typescript-5.4", "a browser's types", { lib: ["ES2022", "DOM"], types: [] }],
    ["typescript-7", "Node.js's types", { lib: ["ES2022"] }],
    ["typescript-7", "a browser's types", { lib: ["ES2022", "DOM"], types: [] }],
  ])(
    "%s without any driver's types, with %s, has those of the entries without a driver",
    async (version, _types, more) =>
      fieldCase("peers and module formats", async () => {
        const bare = await mkdtemp(path.join(tmpdir(), "rekey-types-"));
        onTestFinished(async () => rm(bare, { recursive: true }));
        await mkdir(path.join(bare, "node_modules/@types"), { recursive: true });
        await mkdir(path.join(bare, "node_modules/@opentelemetry"));
        await cp(path.join(folder, "node_modules/rekey"), path.join(bare, "node_modules/rekey"), { recursive: true });
        for (const name of ["@opentelemetry/api", "@types/node"])
          await symlink(tool(name), path.join(bare, "node_modules", name));
        for (const name of inBothFormats) await cp(path.join(project, "without-drivers.ts"), path.join(bare, name));
        const options = { module: "nodenext", moduleResolution: "nodenext", ...more };
        expect(await complaints(version, bare, inBothFormats, options)).toEqual([]);
      })(),
  );

  test(
    "TypeScript names what a service infers from one entry alone, where it emits declarations",
    fieldCase("peers and module formats", async () => {
      const require = createRequire(path.join(folder, "service.cjs"));
      const failed: string[] = [];
      for (const entry of Object.keys(packageEntries).filter((name) => name !== "cdk")) {
        const functions = Object.keys(require(`rekey/${entry}`) as object).filter((name) => /^[a-z]/.test(name));
        const lines = functions.map(
          (name) => `export const ${name}Made = entry.${name}(...(0 as unknown as Parameters<typeof entry.${name}>));`,
        );
        const text = [`import * as entry from "rekey/${entry}";`, ...lines, members[entry] ?? ""].join("\n");
        await writeFile(path.join(folder, "inferred.cts"), text);
        const options = { module: "nodenext", skipLibCheck: true, noEmit: false, declaration: true, outDir: "out" };
        failed.push(...(await complaints("typescript-7", folder, ["inferred.cts"], options)));
      }
      expect(failed).toEqual([]);
    }),
  );
});
