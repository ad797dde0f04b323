import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { record, text } from "../../local/aws/members.ts";
import { readTemplate } from "../../deploy/reading/read-template.ts";
import { outsideProgram } from "../support/outside-program.ts";

const root = resolve(import.meta.dirname, "../..");
const sam = outsideProgram("REKEY_SAM", "PyPI: aws-sam-cli");
const make = outsideProgram("REKEY_MAKE", "Debian: make", "make");
const functions = Object.entries(readTemplate(readFileSync(join(root, "template.yaml"), "utf8")).Resources)
  .filter(([, { Type }]) => Type === "AWS::Serverless::Function")
  .map(([logicalId, resource]) => ({ logicalId, folder: text(record(resource, "Properties"), "CodeUri") }));

describe.skipIf(sam === undefined || make === undefined)("sam build", () => {
  let home = "";

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), "rekey-sam-build-"));
    for (const name of ["template.yaml", "templates/event-schemas.yaml", "deploy/Makefile"]) {
      await mkdir(dirname(join(home, name)), { recursive: true });
      await cp(join(root, name), join(home, name));
    }
  });
  afterEach(async () => rm(home, { recursive: true }));

  const build = async (): Promise<{ readonly code: number; readonly said: string }> =>
    new Promise((done) => {
      const env = { PATH: process.env["PATH"], HOME: home, AWS_DEFAULT_REGION: "us-east-1", SAM_CLI_TELEMETRY: "0" };
      execFile(sam ?? "", ["build"], { cwd: home, env }, (error, out, err) => {
        done({ code: error === null ? 0 : Number(error.code), said: out + err });
      });
    });

  test("before npm run build it fails, and says which command is missing", { timeout: 120_000 }, async () => {
    expect(await build()).toEqual({ code: 1, said: expect.stringContaining("Run: npm ci && npm run build") });
  });

  test("after npm run build it takes each function's bundle", { timeout: 120_000 }, async () => {
    for (const { folder, logicalId } of functions) {
      await mkdir(join(home, folder), { recursive: true });
      await writeFile(join(home, folder, "index.mjs"), `// ${logicalId}`);
    }
    expect(await build()).toMatchObject({ code: 0 });
    expect(functions.length).toBeGreaterThan(10);
    const built = functions.map(({ logicalId }) => join(home, ".aws-sam/build", logicalId));
    expect(built.map((folder) => readdirSync(folder))).toEqual(functions.map(() => ["index.mjs"]));
    expect(built.map((folder) => readFileSync(join(folder, "index.mjs"), "utf8"))).toEqual(
      functions.map(({ logicalId }) => `// ${logicalId}`),
    );
  });
});
