import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isMembers, record, type Members } from "../../local/aws/members.ts";
import { readTemplate } from "../../local/template/read-template.ts";
import { outsideProgram } from "../support/outside-program.ts";
import { policiesOf } from "../support/template-policies.ts";

const root = resolve(import.meta.dirname, "../..");
const subscribers = readdirSync(resolve(root, "subscribers"), { encoding: "utf8" }).map(
  (name) => `subscribers/${name}`,
);
const templates = ["template.yaml", ...subscribers].map((name) => {
  const file = resolve(root, name);
  return { name, file, template: readTemplate(readFileSync(file, "utf8")) };
});
const sam = outsideProgram("REKEY_SAM", "PyPI: aws-sam-cli");
const cfnLint = outsideProgram("REKEY_CFN_LINT", "PyPI: cfn-lint");
const checkov = outsideProgram("REKEY_CHECKOV", "PyPI: checkov");
const parliament = outsideProgram("REKEY_PARLIAMENT", "PyPI: parliament");
const timeoutMs = 120_000;
let home = "";

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "rekey-lint-"));
});
afterAll(async () => rm(home, { recursive: true }));

/** What the linter printed, and its exit code. It has a home of its own and no credentials. */
async function lint(
  program = "",
  ...words: string[]
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const env = { PATH: process.env["PATH"], HOME: home, AWS_DEFAULT_REGION: "us-east-1", SAM_CLI_TELEMETRY: "0" };
  return new Promise((done) => {
    execFile(program, words, { cwd: home, env, maxBuffer: 1 << 26 }, (error, out, err) => {
      done({ code: error === null ? 0 : Number(error.code), out, err });
    });
  });
}

test.skipIf(sam === undefined)(
  "sam validate --lint finds nothing in template.yaml",
  { timeout: timeoutMs },
  async () => {
    const { code, out, err } = await lint(sam, "validate", "--lint", "--template-file", resolve(root, "template.yaml"));
    expect({ code, said: out + err }).toEqual({ code: 0, said: expect.stringContaining("is a valid SAM Template") });
  },
);

test.skipIf(cfnLint === undefined)(
  "cfn-lint finds nothing in any template for regions of three continents",
  { timeout: timeoutMs },
  async () => {
    const regions = ["us-east-1", "eu-west-1", "ap-southeast-2"];
    expect(await lint(cfnLint, "--regions", ...regions, "--", ...templates.map(({ file }) => file))).toEqual({
      code: 0,
      out: "",
      err: "",
    });
  },
);

/** The exceptions that stand beside resources: a check, and why it does not hold there. */
function exceptionsOf(resource: Members): readonly Members[] {
  const skip = record(record(resource, "Metadata"), "checkov")["skip"];
  return Array.isArray(skip) ? skip.filter(isMembers) : [];
}

test.skipIf(checkov === undefined)(
  "checkov finds nothing but the exceptions that stand with their reason beside a resource",
  { timeout: timeoutMs },
  async () => {
    const exceptions = templates.flatMap(({ template }) => Object.values(template.Resources).flatMap(exceptionsOf));
    expect(exceptions.filter(({ comment }) => typeof comment !== "string" || comment.length < 20)).toEqual([]);
    const words = ["--framework", "cloudformation", "--compact", "--quiet", "--output", "json"];
    const files = templates.flatMap(({ file }) => ["--file", file]);
    const { code, out } = await lint(checkov, ...files, ...words);
    expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining('"failed": 0') });
    const { summary } = JSON.parse(out) as { summary: { passed: number; skipped: number } };
    expect(summary.skipped).toBe(exceptions.length);
    expect(summary.passed).toBeGreaterThan(50);
  },
);

const policies = templates.flatMap(({ name, template }) => policiesOf(template).map((policy) => ({ name, ...policy })));

test("the templates' policies are all found: one for each function, role, queue, topic that has one", () => {
  const kinds = templates
    .flatMap(({ template }) => Object.values(template.Resources))
    .filter(({ Type }) =>
      [
        "AWS::Serverless::Function",
        "AWS::IAM::Policy",
        "AWS::IAM::Role",
        "AWS::SQS::QueuePolicy",
        "AWS::SNS::TopicPolicy",
      ].includes(String(Type)),
    );
  expect(policies.length).toBe(kinds.length);
});

/** It wants a Map Run beside the state machine; ListExecutions takes either (its API reference). */
const eitherWillDo =
  /^MEDIUM - No resources match .*'states:ListExecutions', 'required_format': '[^']*:mapRun:[^\n]*\n/u;

test.skipIf(parliament === undefined)(
  "parliament finds nothing in any policy of a template",
  { timeout: timeoutMs },
  async () => {
    const wrong = JSON.stringify(policies[0]?.document).replace(
      "secretsmanager:DescribeSecret",
      "secretsmanager:Describe",
    );
    expect((await lint(parliament, "--string", wrong)).out).toContain("Unknown action");
    for (const { name, logicalId, document } of policies) {
      const { out, err } = await lint(parliament, "--string", JSON.stringify(document));
      expect({ name, logicalId, out: out.replace(eitherWillDo, ""), err }).toEqual({
        name,
        logicalId,
        out: "",
        err: "",
      });
    }
  },
);
