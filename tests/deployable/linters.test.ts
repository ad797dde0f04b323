import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isMembers, type Members } from "../../shared/answers/members.ts";
import { record } from "../../local/aws/members.ts";
import { readTemplate } from "../../deploy/reading/read-template.ts";
import { outsideProgram } from "../support/outside-program.ts";
import { policiesOf } from "../support/template-policies.ts";

const root = resolve(import.meta.dirname, "../..");
const file = resolve(root, "template.yaml");
const others = readdirSync(resolve(root, "templates"), { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".yaml"))
  .map((name) => resolve(root, "templates", name));
const files = [file, ...others];
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
    expect(others.length).toBeGreaterThan(5);
    expect(await lint(cfnLint, "--regions", ...regions, "--", ...files)).toEqual({ code: 0, out: "", err: "" });
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
    const checked = files.flatMap((name) => Object.values(readTemplate(readFileSync(name, "utf8")).Resources));
    const exceptions = checked.flatMap(exceptionsOf);
    expect(exceptions.filter(({ comment }) => typeof comment !== "string" || comment.length < 20)).toEqual([]);
    // It leaves out what the parameters' defaults do not deploy.
    const experimental = join(home, "template.yaml");
    const declared = readFileSync(file, "utf8");
    await writeFile(
      experimental,
      declared.replace(/(?<=\n {2}ExperimentalEngines:\n.+\n {4}Default: )"false"/u, '"true"'),
    );
    const words = ["--framework", "cloudformation", "--compact", "--quiet", "--output", "json"];
    const { code, out } = await lint(
      checkov,
      ...[experimental, ...others].flatMap((name) => ["--file", name]),
      ...words,
    );
    expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining('"failed": 0') });
    const { summary } = JSON.parse(out) as { summary: { passed: number; skipped: number } };
    expect(summary.skipped).toBe(exceptions.length);
    expect(summary.passed).toBeGreaterThan(50);
  },
);

const withPolicies = [
  file,
  ...others.filter((name) => /templates\/(?:(?:subscribers|accounts)\/|deployer)/u.test(name)),
];
const resources = withPolicies.map((name) => readTemplate(readFileSync(name, "utf8")));
const policies = resources.flatMap((template) => policiesOf(template));

test("the templates' policies are all found: one for each role, policy, queue and topic that has one", () => {
  const all = resources.flatMap(({ Resources }) => Object.values(Resources));
  const kinds = all.filter(({ Type }) =>
    [
      "AWS::IAM::ManagedPolicy",
      "AWS::IAM::Policy",
      "AWS::IAM::Role",
      "AWS::SQS::QueuePolicy",
      "AWS::SNS::TopicPolicy",
    ].includes(String(Type)),
  );
  expect(policies.length).toBe(kinds.length);
});

const rotationRoles = resources.flatMap(({ Resources }) =>
  Object.keys(Resources).filter((logicalId) => /^Rotate\w+Role$/.test(logicalId)),
);
const asInItsGuide = {
  says: "Type mismatch: StringEquals requires a value of type String but given Arn",
  because: "Secrets Manager's guide compares AllowRotationLambdaArn as text, which has no wildcards",
};

const allInterfaces = {
  says: "No resources match for the given action",
  because: "Lambda asks for the right to all ids at once, in the form arn:aws:ec2:<region>:<account>:*/*",
};

/** Where parliament and Lambda's guide to execution roles differ, by policy: what it says, and what the guide does. */
const knownBetter: Readonly<Record<string, readonly { readonly says: string; readonly because: string }[]>> = {
  ...Object.fromEntries(rotationRoles.map((logicalId) => [logicalId, [asInItsGuide]])),
  Role: [asInItsGuide],
  NetworkInterfaces: [
    {
      says: "Unknown condition lambda:SourceFunctionArn",
      because: "Lambda puts this key into each call that a function's code makes, to any service",
    },
    allInterfaces,
  ],
  FunctionsBoundary: [allInterfaces],
  DeployRole: [
    {
      says: "Unknown action lambda:GetFunctionScalingConfig",
      because: "CloudFormation's schema of AWS::Lambda::Function names it, and it is newer than parliament's list",
    },
  ],
  CallerPolicy: [
    {
      says: "Account expected to be of form like 123456789012",
      because: "SAM's macro has the account aws in its ARN",
    },
  ],
};

test.skipIf(parliament === undefined)(
  "parliament finds nothing in any policy of a template but what Lambda's guide says otherwise",
  { timeout: timeoutMs },
  async () => {
    const wrong = JSON.stringify(policies).replace("secretsmanager:DescribeSecret", "secretsmanager:Describe");
    const { document: mistaken } = (JSON.parse(wrong) as typeof policies).find(({ document }) =>
      JSON.stringify(document).includes('"secretsmanager:Describe"'),
    ) ?? { document: {} };
    expect((await lint(parliament, "--string", JSON.stringify(mistaken))).out).toContain("Unknown action");
    for (const { logicalId, document } of policies) {
      const { out, err } = await lint(parliament, "--string", JSON.stringify(document));
      const found = out.split("\n").filter((line) => line !== "");
      const known = knownBetter[logicalId] ?? [];
      const others = found.filter((line) => !known.some(({ says }) => line.includes(says)));
      const stale = known.filter(({ says }) => !out.includes(says));
      expect({ logicalId, others, stale, err }).toEqual({ logicalId, others: [], stale: [], err: "" });
    }
  },
);
