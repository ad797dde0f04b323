import { execFile } from "node:child_process";
import { cpSync, existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isMembers, record } from "../../local/aws/members.ts";
import { readTemplate } from "../../local/template/read-template.ts";
import { blocksIn, root } from "./fenced-blocks.ts";
import { outsideProgram } from "../support/outside-program.ts";

const run = promisify(execFile);
const cdk = outsideProgram("REKEY_CDK", "npm: aws-cdk-lib");
const page = "docs/how-to/cdk-and-terraform.md";
const program = blocksIn("ts").find((block) => block.page === page)?.text ?? "";
const configuration = blocksIn("hcl").find((block) => block.page === page)?.text ?? "";
const template = readTemplate(readFileSync(path.join(root, "template.yaml"), "utf8"));
let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "rekey-cdk-"));
});
afterAll(async () => rm(folder, { recursive: true }));

test.skipIf(cdk === undefined)(
  "the CDK's program compiles, and synthesizes every function of the template with its code as an asset",
  { timeout: 120_000 },
  async () => {
    await symlink(cdk ?? "", path.join(folder, "node_modules"));
    await writeFile(path.join(folder, "app.mts"), program);
    const compilerOptions = { module: "NodeNext", target: "ES2024", strict: true, noEmit: true, skipLibCheck: true };
    const types = { types: ["node"], typeRoots: [path.join(root, "node_modules/@types")] };
    const config = { compilerOptions: { ...compilerOptions, ...types }, files: ["app.mts"] };
    await writeFile(path.join(folder, "tsconfig.json"), JSON.stringify(config));
    const compile = run(path.join(root, "node_modules/.bin/tsc"), ["-p", folder]);
    expect(await compile.catch((error: unknown) => Reflect.get(Object(error), "stdout"))).toMatchObject({ stdout: "" });

    cpSync(path.join(root, "template.yaml"), path.join(folder, "template.yaml"));
    await mkdir(path.join(folder, "dist"));
    await symlink(path.join(root, "dist/functions"), path.join(folder, "dist/functions"));
    if (existsSync(path.join(root, "templates")))
      await symlink(path.join(root, "templates"), path.join(folder, "templates"));
    const out = path.join(folder, "out");
    // Told a folder for it, as by the CDK's command line, the program synthesizes when it ends.
    const env = { PATH: process.env["PATH"], CDK_OUTDIR: out, HOME: folder };
    await run(process.execPath, ["app.mts"], { cwd: folder, env });
    const made = JSON.parse(await readFile(path.join(out, "Rekey.template.json"), "utf8")) as {
      readonly Resources: Readonly<Record<string, unknown>>;
    };
    const functions = Object.entries(template.Resources).filter(([, { Type }]) => Type === "AWS::Serverless::Function");
    expect(functions.length).toBeGreaterThan(10);
    for (const [name] of functions) {
      const resource = made.Resources[name];
      const code = record(record(isMembers(resource) ? resource : {}, "Properties"), "CodeUri");
      expect({ name, code }).toEqual({
        name,
        code: { Bucket: expect.anything(), Key: expect.stringMatching(/\.zip$/u) },
      });
    }
    expect(JSON.stringify(made.Resources)).not.toMatch(/"(?:CodeUri|Location)":"/u);
    expect(Object.values(made.Resources)).toContainEqual(
      expect.objectContaining({
        Type: "AWS::SecretsManager::RotationSchedule",
        Properties: expect.objectContaining({ RotationLambdaARN: { "Fn::GetAtt": ["RotatePostgres", "Arn"] } }),
      }),
    );
  },
);

test("Terraform's parameters and outputs are the template's", () => {
  const parameters = [
    ...(/parameters = \{\n([\s\S]*?)\n {2}\}/u.exec(configuration)?.[1]?.matchAll(/(\w+) +=/gu) ?? []),
  ];
  const outputs = [...configuration.matchAll(/\.outputs\["(\w+)"\]/gu)];
  expect(parameters.map(([, name = ""]) => name).filter((name) => !(name in template.Parameters))).toEqual([]);
  expect(outputs.map(([, name = ""]) => name).filter((name) => !(name in template.Outputs))).toEqual([]);
  expect([parameters.length, outputs.length]).toEqual([1, 1]);
});
