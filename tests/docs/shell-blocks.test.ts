import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { roots } from "../support/private-authority.ts";
import { outsideProgram } from "../support/outside-program.ts";
import { bao } from "../support/openbao.ts";
import { redisServer } from "../support/redis.ts";
import { blocksIn } from "./fenced-blocks.ts";
import { type ShellStage, startShellStage } from "./shell/shell-stage.ts";
import { treatmentOf } from "./shell/treatment.ts";

const aws = outsideProgram("REKEY_AWS_CLI", "PyPI: awscli");
const sam = outsideProgram("REKEY_SAM", "PyPI: aws-sam-cli");
const redisCli = outsideProgram("REKEY_REDIS_CLI", "Debian: redis-tools", "redis-cli");
const isComplete = [aws, sam, bao, redisServer, redisCli].every((program) => program !== undefined);

/** As docs/how-to/deploy.md has it. */
const outputOf = (variable: string, output: string): string =>
  `${variable}=$(aws cloudformation describe-stacks --query "Stacks[0].Outputs[?OutputKey=='${output}'].OutputValue" --output text)`;

/** The block of JSON that the page shows. */
const jsonWith = (word: string): string => blocksIn("json").find(({ text }) => text.includes(word))?.text ?? "";

/** What the page promises in the end, as a command and what it prints once that is so. */
const promised: Readonly<Record<string, { readonly command: string; readonly prints: string }>> = {
  "docs/quick-start.md": {
    command: "aws secretsmanager get-secret-value --secret-id db/first --version-stage AWSPREVIOUS",
    prints: "first-first",
  },
};

/** What a reader has by then: variables and files of their own. */
const given: Readonly<Record<string, { readonly before?: string; readonly files?: Readonly<Record<string, string>> }>> =
  {
    "docs/how-to/cross-account.md": { before: outputOf("ROTATE_POSTGRES_ARN", "RotatePostgresArn") },
    "docs/how-to/deploy.md": {
      files: { "policy.json": jsonWith("secretsmanager:GetSecretValue"), "roots.pem": roots },
    },
    "docs/how-to/kubernetes.md": {
      // With a certificate in place of the first letters of one.
      files: { "clusters.json": jsonWith('"externalSecret"').replace(/"ca": ".*"/u, `"ca": ${JSON.stringify(roots)}`) },
    },
    // RDS makes it.
    "docs/how-to/managed-rotation.md": {
      before: [
        `export AWS_ACCESS_KEY_ID=rds.amazonaws.com`,
        `aws secretsmanager create-secret --name 'rds!cluster-0a1b2c3d' --secret-string '{"username":"admin","password":"no-value"}'`,
        `aws secretsmanager rotate-secret --secret-id 'rds!cluster-0a1b2c3d' --rotation-rules AutomaticallyAfterDays=7 --no-rotate-immediately`,
        `export AWS_ACCESS_KEY_ID=test`,
      ].join("\n"),
    },
    "docs/how-to/subscribe.md": { files: { "slack-address.txt": "https://hooks.slack.example/of-the-reader" } },
    "docs/how-to/migrate-from-managed-rotation.md": {
      before: [
        "NEW_MASTER_PASSWORD=a-password-of-the-readers-own",
        outputOf("ROTATE_POSTGRES_ARN", "RotatePostgresArn"),
        "aws secretsmanager create-secret --name db/master --secret-string no-value",
        'aws secretsmanager rotate-secret --secret-id db/master --rotation-lambda-arn "$ROTATE_POSTGRES_ARN" --no-rotate-immediately',
      ].join("\n"),
    },
    "docs/how-to/migrate-from-vault-static-roles.md": { before: outputOf("ROTATE_POSTGRES_ARN", "RotatePostgresArn") },
    "docs/how-to/migrate-from-aws-samples.md": { before: outputOf("ROTATE_POSTGRES_ARN", "RotatePostgresArn") },
    // What a page before it made, without a value that a doctor could take.
    "docs/how-to/upgrade.md": {
      before: "aws secretsmanager delete-secret --secret-id db/master --force-delete-without-recovery",
    },
    "docs/reference/vault-static-role.md": { before: "VAULT_ADMIN_PASSWORD=a-password-of-the-readers-own" },
    "docs/reference/redis.md": { before: "ROTATOR_PASSWORD=a-password-of-the-readers-own" },
  };

/** Made from the command table, each of whose examples cli/commands/completion/run.test.ts reads. */
const generated = "docs/reference/cli.md";
const blocks = blocksIn("sh").filter(({ page }) => page !== generated);
const scripts = [...new Set(blocks.map(({ page }) => page))].map((page) => ({
  page,
  script: blocks.flatMap((block) => (block.page === page ? [block.text] : [])).join("\n"),
}));

describe.skipIf(!isComplete)("the commands of a page, one after the other as a reader would type them", () => {
  let stage: ShellStage;

  beforeAll(async () => {
    stage = await startShellStage({
      aws: aws ?? "",
      vault: bao ?? "",
      sam: sam ?? "",
      "redis-server": redisServer ?? "",
      "redis-cli": redisCli ?? "",
    });
  });
  afterAll(async () => stage.stop());

  test.each(scripts)("$page", async ({ page, script }) => {
    const { before = "", files = {} } = given[page] ?? {};
    const { code, said, journal } = await stage.run(`${before}\n${script}`, files);
    expect({ code, said: code === 0 ? "" : said }).toEqual({ code: 0, said: "" });
    expect(journal).not.toBe("");
    const { command, prints } = promised[page] ?? { command: ":", prints: "" };
    await expect.poll(async () => (await stage.run(command, {})).said, { timeout: 60_000 }).toContain(prints);
  });

  test("a wrong option, a command that nobody has thought about and an unset variable are noticed", async () => {
    const wrong = [
      "aws secretsmanager rotate-secret --secret-id db/orders --rotate-now",
      "aws rds modify-db-instance --db-instance-identifier orders --no-such-option",
      "sam deploy --no-such-option",
      "vault write -no-such-flag database/roles/orders a=b",
      "npm run no-such-script",
      "redis-cli ACL SETUSER rotator +no-such-command",
      "rm -rf .",
      'vault kv get "secret/$NO_SUCH_VARIABLE"',
    ];
    const codes = await Promise.all(wrong.map(async (script) => (await stage.run(script, {})).code));
    expect(wrong.filter((_script, index) => codes[index] === 0)).toEqual([]);
  });
});

test("what is given to a page belongs to a page with commands", () => {
  expect(Object.keys(given).filter((page) => scripts.every((script) => script.page !== page))).toEqual([]);
});

test("a command that is only read, or never run, says why", () => {
  for (const line of [
    "sam deploy",
    "vault write database/config/orders a=b",
    "terraform apply",
    "kubectl apply",
    "jq .",
  ]) {
    const [program = "", ...words] = line.split(" ");
    expect(treatmentOf(program, words)).toMatchObject({ reason: expect.stringMatching(/.{30}/u) });
  }
});
