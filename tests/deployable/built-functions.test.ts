import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { outsideProgram } from "../support/outside-program.ts";

const root = resolve(import.meta.dirname, "../..");
const run = promisify(execFile);
const names = readdirSync(join(root, "functions"));
const sam = outsideProgram("REKEY_SAM", "PyPI: aws-sam-cli");
const nodes = [
  { version: "24", node: process.execPath },
  { version: "22", node: outsideProgram("REKEY_NODE_22", "npm: node@22") },
];
const timeoutMs = 120_000;

async function answers(node = "", folder: string): Promise<string> {
  const { stdout } = await run(node, [join(root, "bundle/load-functions.mjs"), folder]);
  return stdout.trim().split("\n").at(-1) ?? "";
}
const all = (version: string): RegExp => new RegExp(`^${names.length} functions answer on Node ${version}\\.`, "u");

test.each(nodes.filter(({ node }) => node !== undefined))(
  "every function that npm run build made answers on Node $version",
  { timeout: timeoutMs },
  async ({ version, node }) => {
    expect(await answers(node, join(root, "dist/functions"))).toMatch(all(version));
  },
);

/** The same handlers as `sam build` makes them: its esbuild, in the sources' own folder, with what CommonJS packages need. */
const functionOf = (name: string): object => ({
  Type: "AWS::Serverless::Function",
  Metadata: {
    BuildMethod: "esbuild",
    BuildProperties: {
      Banner: ['js=const require = process.getBuiltinModule("node:module").createRequire(import.meta.url);'],
      EntryPoints: [`functions/${name}/handler.ts`],
      External: [
        "pg-native",
        "cloudflare:sockets",
        "kerberos",
        "snappy",
        "@mongodb-js/zstd",
        "mongodb-client-encryption",
      ],
      Format: "esm",
      OutExtension: [".js=.mjs"],
      Platform: "node",
      Target: "node22",
    },
  },
  Properties: { CodeUri: ".", Handler: "handler.handler", Runtime: "nodejs24.x" },
});
const logicalId = (name: string): string =>
  name.replaceAll(/(?:^|-)(\w)/gu, (_match, first: string) => first.toUpperCase());

describe.skipIf(sam === undefined)("sam build from the sources", () => {
  let folder = "";

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "rekey-sam-build-"));
    for (const part of ["functions", "shared"]) cpSync(join(root, part), join(folder, part), { recursive: true });
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
    const Resources = Object.fromEntries(names.map((name) => [logicalId(name), functionOf(name)]));
    const template = { Transform: "AWS::Serverless-2016-10-31", Resources };
    await writeFile(join(folder, "template.json"), JSON.stringify(template));
    const PATH = [join(root, "node_modules/.bin"), process.env["PATH"]].join(":");
    const env = { PATH, HOME: folder, AWS_DEFAULT_REGION: "us-east-1", SAM_CLI_TELEMETRY: "0" };
    const words = ["build", "--build-in-source", "--parallel", "--template-file", "template.json"];
    await run(sam ?? "", words, { cwd: folder, env });
  }, timeoutMs);
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each(nodes.filter(({ node }) => node !== undefined))(
    "every function answers on Node $version",
    { timeout: timeoutMs },
    async ({ version, node }) => {
      expect(await answers(node, join(folder, ".aws-sam/build"))).toMatch(all(version));
    },
  );
});
