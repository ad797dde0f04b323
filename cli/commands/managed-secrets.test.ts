import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { EventEnvelope } from "../../local/eventbridge/put-events.ts";
import { type Stack, startStack } from "../../local/stack.ts";
import { runRekey } from "../../tests/support/run-rekey.ts";
import { stackVariables } from "../../tests/support/stack-variables.ts";
import { at, type VaultAdmin, vaultAdmin } from "../../tests/support/vault-http.ts";

const soon = { timeout: 60_000 };
const owned = "rds!cluster-0a1b";
const external = "partner/crm";
const canary = "canary-77c1";
const RotationRules = { AutomaticallyAfterDays: 7 };
let stack: Stack;
let secrets: SecretsManager;
let rds: SecretsManager;
let admin: VaultAdmin;
const told: EventEnvelope[] = [];

beforeAll(async () => {
  stack = await startStack();
  secrets = new SecretsManager(stack.clientConfig);
  rds = new SecretsManager({
    ...stack.clientConfig,
    credentials: { accessKeyId: "rds.amazonaws.com", secretAccessKey: "any" },
  });
  admin = vaultAdmin(stack.vault);
  stack.eventBridge.onEvent((bus, event) => bus === "rekey" && told.push(event));
  await stack.deploy({});
  await rds.createSecret({ Name: owned, SecretString: `{"username":"admin","password":"${canary}-1"}` });
  await rds.rotateSecret({ SecretId: owned, RotationRules, RotateImmediately: false });
  const SecretString = `{"consumerKey":"${canary}","consumerSecret":"${canary}-s1"}`;
  await secrets.createSecret({ Name: external, Type: "SalesforceClientSecret", SecretString });
  await secrets.rotateSecret({
    SecretId: external,
    ExternalSecretRotationMetadata: [{ Key: "apiVersion", Value: "v65.0" }],
    ExternalSecretRotationRoleArn: "arn:aws:iam::123456789012:role/rotate-external",
    RotationRules,
    RotateImmediately: false,
  });
});
afterAll(async () => {
  secrets.destroy();
  rds.destroy();
  await stack.stop();
});

async function rekey(...words: readonly string[]) {
  const printed = await runRekey(words, { env: stackVariables(stack) });
  expect(printed.out + printed.err).not.toContain(canary);
  return { ...printed, all: printed.out + printed.err };
}

const mirrored = async (path: string): Promise<unknown> =>
  at((await admin("GET", `secret/data/${path}`)).body, "data", "data");
const announced = (name: string): unknown[] =>
  told
    .filter((event) => event["detail-type"] === "Secret Rotated" && event.detail["secretName"] === name)
    .map(({ detail }) => detail["versionId"]);

test("no command rotates, plans or rolls back what AWS rotates; each says who does", async () => {
  for (const [command, ...options] of [
    ["rotate", "--yes"],
    ["rollback", "--yes"],
    ["plan-rotation"],
    ["adopt", "--yes", "--every", "7"],
  ] as const) {
    const { code, all } = await rekey(command, owned, ...options);
    expect([command, code]).toEqual([command, 1]);
    expect(all).toContain("rotated-elsewhere");
    expect(all).toContain("leave its rotation to them");
  }
});

test.each([
  [owned, "rds"],
  [external, "SalesforceClientSecret"],
])("adopt has %s delivered: it sets a tag, and its rotation stays as it is", async (name, manager) => {
  const before = await secrets.describeSecret({ SecretId: name });
  const dry = await rekey("adopt", name, "--dry-run");
  expect([dry.code, dry.out]).toEqual([0, expect.stringContaining(`TagResource ${name}: rekey:mirror=true`)]);
  expect(dry.out).toContain(`no call of RotateSecret: ${name} stays rotated by AWS (${manager})`);
  expect((await secrets.describeSecret({ SecretId: name })).Tags).toBeUndefined();
  expect((await rekey("adopt", name, "--tag", "rekey:strategy=single-user", "--yes")).all).toContain("option-invalid");

  expect(await rekey("adopt", name, "--yes")).toMatchObject({ code: 0, out: expect.stringContaining("adopted: ") });
  const {
    Tags,
    LastChangedDate: _changed,
    $metadata: _ours,
    ...after
  } = await secrets.describeSecret({
    SecretId: name,
  });
  expect(Tags).toEqual([{ Key: "rekey:mirror", Value: "true" }]);
  expect(before).toMatchObject(after);
  const { out } = await rekey("status");
  expect(out).toMatch(new RegExp(`${name} +healthy .* rotated by AWS \\(${manager}\\), delivered by rekey +on`, "u"));
});

test("what AWS puts is announced and mirrored as it is, whatever its form", async () => {
  const forms = [
    [owned, rds, `{"username":"admin","password":"${canary}-2"}`],
    [external, secrets, `{"consumerKey":"${canary}","consumerSecret":"${canary}-s2"}`],
  ] as const;
  for (const [SecretId, by, SecretString] of forms) {
    const { VersionId } = await by.putSecretValue({ SecretId, SecretString });
    await expect.poll(() => announced(SecretId), soon).toContain(VersionId);
    const copy = { ...(JSON.parse(SecretString) as object), rekey_version_id: VersionId };
    await expect.poll(async () => mirrored(SecretId.replace("!", ":21")), soon).toMatchObject(copy);
  }
});

test("the doctor looks at its delivery and logs in nowhere; outside of the stack's patterns it is not delivered", async () => {
  const { code, out } = await rekey("doctor", owned);
  expect([code, out.match(/^\w+ +[\w-]+/gmu)]).toEqual([
    0,
    ["warning  iam-cannot-be-seen", "warning  iam-cannot-be-seen"],
  ]);
  const other = await rekey("doctor", owned, "--stack", "other");
  expect(other.out).toContain("function-cannot-be-seen");
  const all = await rekey("doctor");
  expect([all.code, all.out]).toEqual([0, expect.stringContaining("2 secrets: ")]);
  await rds.createSecret({ Name: "events!connection/hook", SecretString: "{}" });
  expect((await rekey("doctor", "events!connection/hook")).out).toContain("not-rotated-by-aws");
});

test("who may choose a name, tags or a type, but no rotation, has nothing shown as rotated by AWS", async () => {
  const Tags = [
    { Key: "aws:secretsmanager:owningService", Value: "rds" },
    { Key: "rekey:mirror", Value: "true" },
  ];
  await secrets.createSecret({ Name: "rds!forged", SecretString: "{}", Tags });
  await secrets.createSecret({ Name: "typed", Type: "BigIDClientSecret", SecretString: "{}", Tags });
  const RotationLambdaARN = (await stack.deploy({})).outputs["RotatePostgresArn"];
  await secrets.createSecret({ Name: "ours", SecretString: '{"engine":"postgres"}' });
  await secrets.rotateSecret({ SecretId: "ours", RotationLambdaARN, RotationRules, RotateImmediately: false });
  await secrets.updateSecret({ SecretId: "ours", Type: "BigIDClientSecret" });
  const { out } = await rekey("status");
  for (const name of ["rds!forged", "typed", "ours"]) {
    expect(out.split("\n").find((line) => line.startsWith(name))).not.toMatch(/AWS|owned|BigID|delivered/u);
    const { all } = await rekey("adopt", name, "--yes");
    expect([name, all]).toEqual([name, expect.not.stringContaining("adopted")]);
    expect(all).not.toContain("rotated-elsewhere");
  }
});
