import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { Members } from "../../shared/answers/members.ts";
import { record, text } from "../../local/aws/members.ts";
import { installTarball } from "../support/install-tarball.ts";
import { outsideProgram } from "../support/outside-program.ts";
import { blocksIn, root } from "./fenced-blocks.ts";

const run = promisify(execFile);
const sam = outsideProgram("REKEY_SAM", "PyPI: aws-sam-cli");
const lowest = outsideProgram("REKEY_CDK", "npm: the lowest aws-cdk-lib");
const page = "docs/how-to/cdk-and-terraform.md";
const [withConstruct = "", included = ""] = blocksIn("ts").flatMap((block) =>
  block.page === page ? [block.text] : [],
);
const configuration = blocksIn("hcl").find((block) => block.page === page)?.text ?? "";
let installed = "";

beforeAll(async () => {
  installed = await mkdtemp(path.join(tmpdir(), "rekey-cdk-"));
  await installTarball(installed);
}, 120_000);
afterAll(async () => rm(installed, { recursive: true }));

/** Compiles a program in a folder that has the packed package and a CDK, synthesizes it, and reads a template of it. */
async function synthesize(program: string, format: "cts" | "mts", cdk: string, stack: string): Promise<Members> {
  const folder = await mkdtemp(path.join(tmpdir(), "rekey-cdk-app-"));
  onTestFinished(async () => rm(folder, { recursive: true }));
  await mkdir(path.join(folder, "node_modules"));
  for (const name of ["aws-cdk-lib", "constructs"])
    await symlink(path.join(cdk, name), path.join(folder, "node_modules", name));
  const rekey = path.join("node_modules", "rekey");
  await cp(path.join(installed, rekey), path.join(folder, rekey), { recursive: true });
  for (const name of ["template.yaml", "templates", "dist"])
    await symlink(path.join(root, name), path.join(folder, name));
  await writeFile(path.join(folder, `app.${format}`), program);
  const compilerOptions = { module: "NodeNext", target: "ES2022", strict: true, skipLibCheck: true };
  const types = { types: ["node"], typeRoots: [path.join(root, "node_modules/@types")] };
  const config = { compilerOptions: { ...compilerOptions, ...types }, files: [`app.${format}`] };
  await writeFile(path.join(folder, "tsconfig.json"), JSON.stringify(config));
  const compile = run(path.join(root, "node_modules/.bin/tsc"), ["-p", folder]);
  expect(await compile.catch((error: unknown) => Reflect.get(Object(error), "stdout"))).toMatchObject({ stdout: "" });
  // Told a folder for it, as by the CDK's command line, the program synthesizes when it ends.
  const env = {
    PATH: process.env["PATH"],
    CDK_OUTDIR: path.join(folder, "out"),
    HOME: folder,
    CDK_VALIDATION: "false",
  };
  await run(process.execPath, [`app.${format.replace("t", "j")}`], { cwd: folder, env });
  return JSON.parse(await readFile(path.join(folder, `out/${stack}.template.json`), "utf8")) as Members;
}

const newest = path.join(root, "node_modules");
const kindsOf = (template: Members): readonly string[] =>
  (Object.values(record(template, "Resources")) as Members[]).map((resource) => text(resource, "Type"));

/** What SAM's own translator, which CloudFormation runs, has to say of a template. */
async function refusals(template: Members): Promise<string> {
  const program = `import json, sys, boto3
from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
try:
    Translator({}, Parser(), boto_session=boto3.Session(region_name="eu-west-1")).translate(json.load(open(sys.argv[1])), {})
except InvalidDocumentException as error:
    print([cause.message for cause in error.causes])`;
  const file = path.join(installed, "template.json");
  await writeFile(file, JSON.stringify(template));
  return (await run(path.join(path.dirname(sam ?? ""), "python"), ["-c", program, file])).stdout;
}

async function rotatesBothSecrets(format: "cts" | "mts", cdk: string): Promise<void> {
  const kinds = kindsOf(await synthesize(withConstruct, format, cdk, "rekey"));
  expect(kinds.filter((kind) => kind === "AWS::SecretsManager::RotationSchedule")).toHaveLength(2);
  expect(kinds.filter((kind) => kind === "AWS::Serverless::Function").length).toBeGreaterThan(8);
  expect(kinds).toContain("AWS::EC2::SecurityGroupIngress");
}

test.each(["mts", "cts"] as const)(
  "the page's program compiles against the packed package as .%s, and its stack rotates both secrets",
  { timeout: 120_000 },
  async (format) => {
    await expect(rotatesBothSecrets(format, newest)).resolves.toBeUndefined();
  },
);

test.skipIf(lowest === undefined)("so it does with the lowest CDK", { timeout: 120_000 }, async () => {
  await expect(rotatesBothSecrets("cts", lowest ?? "")).resolves.toBeUndefined();
});

test(
  "the page's program without the construct has every function's code as an asset",
  { timeout: 120_000 },
  async () => {
    const template = await synthesize(included, "mts", newest, "rekey");
    expect(kindsOf(template).filter((kind) => kind === "AWS::Serverless::Function").length).toBeGreaterThan(10);
    expect(JSON.stringify(template["Resources"])).not.toMatch(/"CodeUri":"|"Location":(?!"https:)/u);
  },
);

test.skipIf(sam === undefined)(
  "SAM's own translator takes both, nested templates included",
  { timeout: 120_000 },
  async () => {
    const everything = withConstruct.replace("{ vpc,", "{ vpc, schemaRegistry: true,");
    expect(await refusals(await synthesize(everything, "mts", newest, "rekey"))).toBe("");
    expect(await refusals(await synthesize(included, "mts", newest, "rekey"))).toBe("");
    const broken = { Resources: { A: { Type: "AWS::Serverless::Application", Properties: { Location: {} } } } };
    expect(await refusals(broken)).toContain("ApplicationId");
  },
);

test("what the page gives the Terraform module is what the module takes, from where the package has it", () => {
  const folder = path.join(root, "deploy/terraform");
  const module = readdirSync(folder).map((name) => readFileSync(path.join(folder, name), "utf8"));
  const variables = new Set([...module.join("\n").matchAll(/^variable "(\w+)"/gmu)].map(([, name]) => name));
  const [, body = ""] = /module "rekey" \{\n([\s\S]*?)\n\}/u.exec(configuration) ?? [];
  const given = [...body.matchAll(/^ {2}(\w+) +=/gmu)].map(([, name]) => name);
  expect(given).toEqual(["source", "bucket", "vpc_subnet_ids", "vpc_security_group_ids", "secrets"]);
  expect(given.filter((name) => name !== "source" && !variables.has(name))).toEqual([]);
  const source = path.join(installed, /source = "(.+)"/u.exec(body)?.[1] ?? "");
  expect(readdirSync(source).sort()).toEqual(
    readdirSync(folder)
      .filter((name) => name.endsWith(".tf"))
      .sort(),
  );
  expect(readdirSync(path.join(source, "../../dist/functions")).length).toBeGreaterThan(10);
});
