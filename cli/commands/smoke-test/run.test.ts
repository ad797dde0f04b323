import { spawn } from "node:child_process";
import { resolve } from "node:path";
import { CloudFormation } from "@aws-sdk/client-cloudformation";
import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { AwsError } from "../../../local/aws/service.ts";
import { packageRoot } from "../../../local/package-root.ts";
import { startPostgres } from "../../../local/postgres/embedded-postgres.ts";
import { type Stack, startStack } from "../../../local/stack.ts";
import { stackVariables } from "../../../tests/support/stack-variables.ts";

/** Whole runs, on machines that are busy. */
const timeout = 240_000;
/** As it is shipped: its files are found from where it lies. */
const main = resolve(packageRoot, "dist/package/cli/rekey.js");
const inSandbox = ["--account", "123456789012", "--region", "us-east-1", "--yes"];
let stack: Stack;
let secrets: SecretsManager;
let vaultSecret = "";

beforeAll(async () => {
  stack = await startStack();
  secrets = new SecretsManager(stack.clientConfig);
  vaultSecret = (await secrets.createSecret({ Name: "vault", SecretString: stack.vault.rootToken })).ARN ?? "";
}, 60_000);
afterAll(async () => stack.stop());

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function start(words: readonly string[], more: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [main, "smoke-test", ...words], { env: { ...stackVariables(stack), ...more } });
  const said = { out: "", err: "" };
  child.stdout.on("data", (chunk: Buffer) => (said.out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (said.err += chunk.toString()));
  const ended = new Promise<Ended>((done) => child.once("close", (code) => done({ code, ...said })));
  return { child, said, ended };
}
const idIn = (text: string): string => /--clean-up ([a-z0-9]{8})/.exec(text)?.[1] ?? "";

/** Secrets of whoever runs it. */
const own = new Set(["vault", "database/user", "database/admin"]);

/** What a run could have left, but for what it made nothing of. */
async function left(): Promise<readonly string[]> {
  const { SecretList = [] } = await secrets.listSecrets({ IncludePlannedDeletion: true });
  return [
    ...stack.stacks.all().map(({ name }) => name),
    ...SecretList.map(({ Name = "" }) => Name).filter((name) => !own.has(name)),
    ...stack.sqs.queues().map(({ name }) => name),
    ...stack.recorded.keys(),
  ];
}

test("unasked it goes on only in the account and the region that are named", async () => {
  const { code, err } = await start(["--yes"]).ended;
  expect([code, err]).toEqual([1, expect.stringContaining("say --account 123456789012 --region us-east-1")]);
  const other = await start(["--account", "999999999999", "--region", "us-east-1", "--yes"]).ended;
  expect([other.code, other.err]).toEqual([1, expect.stringContaining("these credentials are of another account")]);
  const dry = await start(["--dry-run", "--subnets", "subnet-1", "--security-groups", "sg-1"]).ended;
  expect(dry.code).toBe(0);
  for (const text of [
    "Account 123456789012, region us-east-1",
    "-vpc in your subnets",
    "It costs about $",
    "s3:CreateBucket",
  ])
    expect(dry.out).toContain(text);
  expect(await left()).toEqual([]);
});

test(
  "it deploys each variant, rotates twice, checks events, mirror, adoption and alarms, and leaves nothing",
  { timeout },
  async () => {
    const { address } = stack.vault;
    const vault = { VAULT_ADDR: address, VAULT_AUTH: "token", VAULT_CREDENTIAL_SECRET: "vault" };
    const parameters = { VaultAddress: address, VaultAuth: "token", VaultCredentialSecretArn: vaultSecret };
    const given = Object.entries(parameters).flatMap(([name, value]) => ["--parameter", `${name}=${value}`]);
    const network = ["--subnets", "subnet-1", "--security-groups", "sg-1"];
    const { code, out } = await start([...inSandbox, ...given, ...network], vault).ended;
    expect({ code, failed: out.split("\n").filter((line) => line.includes("| failed |")) }).toEqual({
      code: 0,
      failed: [],
    });
    for (const variant of ["plain", "data-key"]) {
      for (const check of [
        "first rotation: a subscriber hears of it",
        "second rotation",
        "mirror: Vault holds AWSCURRENT",
        "adoption: an acknowledgement is noted",
        "no alarm is raised",
      ])
        expect(out).toContain(`| ${variant}: ${check} | passed |`);
    }
    expect(out).toContain("| vpc: the stack is made | passed |");
    expect(out).toContain("| vpc: rotation | skipped |");
    expect(out).not.toContain("123456789012");
    expect(await left()).toEqual([]);
  },
);

test.each([
  ["single-user", false],
  ["alternating-users", true],
])(
  "a user of a database is rotated %s in each variant, which begins with what the one before left",
  { timeout },
  async (strategy, withAdmin) => {
    const postgres = await startPostgres();
    onTestFinished(async () => {
      await secrets.deleteSecret({ SecretId: "database/user", ForceDeleteWithoutRecovery: true });
      await secrets.deleteSecret({ SecretId: "database/admin", ForceDeleteWithoutRecovery: true });
      await postgres.stop();
    });
    await postgres.admin("CREATE ROLE smoke LOGIN PASSWORD 'smoke-canary'");
    const { host, port, superuser } = postgres;
    const put = async (Name: string, login: object): Promise<string> =>
      (
        await secrets.createSecret({
          Name,
          SecretString: JSON.stringify({ engine: "postgres", host, port, ssl: false, ...login }),
        })
      ).ARN ?? "";
    const user = await put("database/user", { username: "smoke", password: "smoke-canary" });
    const admin = await put("database/admin", superuser);
    const words = ["--database-secret", user, ...(withAdmin ? ["--admin-secret", admin] : [])];
    const { code, out, err } = await start([...inSandbox, ...words]).ended;
    expect({ code, failed: out.split("\n").filter((line) => line.includes("| failed |")) }).toEqual({
      code: 0,
      failed: [],
    });
    for (const variant of ["plain", "data-key"]) expect(out).toContain(`| ${variant}: second rotation | passed |`);
    expect(out + err).not.toMatch(new RegExp(`canary|${superuser.password}`, "u"));
    const users = await postgres.admin<{ rolname: string }>("SELECT rolname FROM pg_roles WHERE rolname LIKE 'smoke%'");
    expect([strategy, users.length]).toEqual([strategy, withAdmin ? 2 : 1]);
    expect(await left()).toEqual([]);
  },
);

test(
  "a check that fails is reported with its reason, the rest is removed, and the exit code is 1",
  { timeout },
  async () => {
    const error = new AwsError("ValidationError", "Template format error: canary");
    const fault = stack.aws.faults.inject({ kind: "error", error, operation: "CreateChangeSet" });
    const { code, out } = await start(inSandbox).ended;
    fault.remove();
    expect(code).toBe(1);
    expect(out).toMatch(
      /\| the API of keys is made \| failed \| [\d.]+ \| aws-refused: .*Template format error: canary/,
    );
    expect(out).toMatch(/\| clean-up: bucket rekey-smoke-\w{8} \| passed \|/);
    expect(await left()).toEqual([]);
  },
);

test(
  "a stack that the account has no room for is reported by its first failure, and removed",
  { timeout },
  async () => {
    const { code, out } = await start([...inSandbox, "--parameter", "ReservedConcurrency=950"]).ended;
    expect(code).toBe(1);
    expect(out).toMatch(
      /\| plain: the stack is made \| failed \| [\d.]+ \| stack-failed: .*UnreservedConcurrentExecution/,
    );
    expect(await left()).toEqual([]);
  },
);

test("Ctrl-C ends it in order: what it has made is removed", { timeout }, async () => {
  const { child, ended } = start(inSandbox);
  const fault = stack.aws.faults.inject({
    kind: "late",
    delayMs: 100,
    operation: "ExecuteChangeSet",
    when: () => child.kill("SIGINT"),
  });
  const { code, out } = await ended;
  fault.remove();
  expect([code, out]).toEqual([130, expect.stringContaining("time-budget-spent")]);
  expect(await left()).toEqual([]);
});

test(
  "a run that was killed is cleaned up by its id, and what only has such a name is not touched",
  { timeout },
  async () => {
    const { child, ended } = start(inSandbox);
    let stacks = 0;
    const fault = stack.aws.faults.inject({
      kind: "refuse",
      operation: "ExecuteChangeSet",
      // The API of keys is there by then, and the stack is announced.
      when: () => (stacks += 1) === 2 && child.kill("SIGKILL"),
    });
    const killed = await ended;
    fault.remove();
    const id = idIn(killed.err);
    expect(await left()).toEqual(expect.arrayContaining([`rekey-smoke-${id}-keys`, `rekey-smoke-${id}-plain`]));
    const foreign = `rekey-smoke-${id}-vpc`;
    const TemplateBody = JSON.stringify({ Resources: { Queue: { Type: "AWS::SQS::Queue" } } });
    await new CloudFormation(stack.clientConfig).createStack({ StackName: foreign, TemplateBody });
    const { code, out, err } = await start(["--clean-up", id, ...inSandbox]).ended;
    expect([code, err]).toEqual([1, expect.stringContaining(`something is left: rekey smoke-test --clean-up ${id}`)]);
    expect(out).toContain(`it has no tag rekey:smoke-test=${id}`);
    expect(stack.stacks.all().map(({ name }) => name)).toEqual([foreign]);
    await stack.stacks.remove(foreign);
    expect((await start(["--clean-up", id, ...inSandbox]).ended).code).toBe(0);
    expect(await left()).toEqual([]);
  },
);
