import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  RotateSecretCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { App, DefaultStackSynthesizer, type IReusableStackSynthesizer } from "aws-cdk-lib";
import { Secret, type ISecret } from "aws-cdk-lib/aws-secretsmanager";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { Rekey } from "../../deploy/cdk/index.ts";
import type { Members } from "../../shared/answers/members.ts";
import { record, text, textRecord } from "../../local/aws/members.ts";
import { startPostgres, type EmbeddedPostgres } from "../../local/postgres/embedded-postgres.ts";
import { startStack, type Stack } from "../../local/stack.ts";
import { createAuthority } from "../../shared/testing/engine-contract/certificates.ts";
import { outsideProgram } from "../support/outside-program.ts";
import { planTerraform } from "../support/planned-terraform.ts";

const terraform = outsideProgram("REKEY_TERRAFORM_PLAN", "tests/support/terraform");
const root = path.resolve(import.meta.dirname, "../..");
const authority = createAuthority("the database's");
let stack: Stack;
let postgres: EmbeddedPostgres;
let client: SecretsManagerClient;
let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "rekey-constructs-"));
  stack = await startStack();
  postgres = await startPostgres({ certificate: authority.issue({ addresses: ["127.0.0.1"] }) });
  client = new SecretsManagerClient(stack.clientConfig);
});
afterAll(async () => {
  client.destroy();
  await stack.stop();
  await postgres.stop();
  await rm(folder, { recursive: true });
});

const login = (username: string): object => ({
  engine: "postgres",
  host: postgres.host,
  port: postgres.port,
  dbname: "postgres",
  username,
});

async function passwordOf(SecretId: string): Promise<string> {
  const { SecretString = "{}" } = await client.send(new GetSecretValueCommand({ SecretId }));
  return text(JSON.parse(SecretString) as Members, "password");
}

/** Makes the secret's user, rotates the secret once, and waits for the new password to be current. */
async function rotateOnce(SecretId: string, username: string): Promise<void> {
  await stack.secretsManager.idle();
  const first = await passwordOf(SecretId);
  await postgres.admin(`CREATE ROLE ${username} LOGIN PASSWORD '${first}'`);
  const { VersionId = "" } = await client.send(new RotateSecretCommand({ SecretId }));
  const labels = async (): Promise<readonly string[]> =>
    (await client.send(new DescribeSecretCommand({ SecretId }))).VersionIdsToStages?.[VersionId] ?? [];
  await expect.poll(labels, { timeout: 60_000 }).toContain("AWSCURRENT");
  expect(await passwordOf(SecretId)).not.toBe(first);
}

test("a synthesized CDK app deploys, and the secret that it made is rotated", async () => {
  vi.stubEnv("CDK_VALIDATION", "false");
  const env = { account: stack.accountId, region: stack.region };
  const synthesizer = new DefaultStackSynthesizer({ generateBootstrapVersionRule: false });
  const app = new App({
    outdir: path.join(folder, "cdk.out"),
    defaultStackSynthesizer: synthesizer as IReusableStackSynthesizer,
  });
  const rekey = new Rekey(app, "rekey", { env, tlsCa: authority.certificate });
  const secret = new Secret(rekey, "Orders", {
    secretName: "db/orders",
    generateSecretString: {
      secretStringTemplate: JSON.stringify(login("orders")),
      generateStringKey: "password",
      excludePunctuation: true,
    },
  });
  rekey.rotate(secret as ISecret, { engine: "postgres" });
  const { directory } = app.synth();

  const assets = JSON.parse(await readFile(path.join(directory, "rekey.assets.json"), "utf8")) as Members;
  for (const asset of Object.values(record(assets, "files")) as Members[])
    for (const place of Object.values(record(asset, "destinations")) as Members[]) {
      const file = path.join(directory, text(record(asset, "source"), "path"));
      stack.useCode(text(place, "bucketName"), text(place, "objectKey"), file);
    }
  const { outputs } = await stack.deploy({
    templatePath: path.join(directory, "rekey.template.json"),
    stackName: "rekey",
  });
  const described = await client.send(new DescribeSecretCommand({ SecretId: "db/orders" }));
  expect(described).toMatchObject({
    RotationLambdaARN: outputs["RotatePostgresArn"],
    RotationRules: { ScheduleExpression: "rate(30 days)" },
    Tags: [{ Key: "rekey:strategy", Value: "single-user" }],
  });
  await rotateOnce("db/orders", "orders");
});

test.skipIf(terraform === undefined)("what the Terraform module plans deploys, and its secret is rotated", async () => {
  const value = { ...login("billing"), password: "correct-horse-battery-staple" };
  const { ARN = "" } = await client.send(
    new CreateSecretCommand({ Name: "db/billing", SecretString: JSON.stringify(value) }),
  );
  const variables = {
    name: "billing",
    bucket: "artifacts",
    tls_ca: authority.certificate,
    reserved_concurrency: 0,
    keep_adoptions: false,
    secrets: { billing: { arn: ARN, engine: "postgres", schedule: "rate(7 days)" } },
  };
  const bucket = {
    "data.aws_s3_bucket.artifacts": { bucket_regional_domain_name: "artifacts.s3.us-east-1.amazonaws.com" },
  };
  const plan = (known: object) =>
    planTerraform(terraform ?? "", path.join(root, "deploy/terraform"), { variables, known });

  const { resources } = plan(bucket);
  const planned = (address: string): Members =>
    resources.find((resource) => resource.address === address)?.values ?? {};
  for (const { address, values } of resources) {
    const [, name] = /^aws_s3_object\.function\["(.+)"\]$/u.exec(address) ?? [];
    if (name !== undefined)
      stack.useCode(text(values, "bucket"), text(values, "key"), path.join(root, "dist/functions", name));
  }
  const wanted = planned("aws_cloudformation_stack.rekey");
  const template = planned("aws_s3_object.template");
  expect(wanted["template_url"]).toBe(`https://artifacts.s3.us-east-1.amazonaws.com/${text(template, "key")}`);
  expect(record(wanted, "parameters")).toMatchObject({ KeepAdoptions: "false", SecretArnPattern: ARN });
  const templatePath = path.join(folder, "packaged.yaml");
  await writeFile(templatePath, text(template, "content"));
  const parameters = textRecord(wanted, "parameters");
  const { outputs } = await stack.deploy({ templatePath, stackName: text(wanted, "name"), parameters });

  const after = plan({ ...bucket, "aws_cloudformation_stack.rekey": { outputs } });
  const rotation = after.resources.find(
    ({ address }) => address === 'aws_secretsmanager_secret_rotation.secret["billing"]',
  );
  const { secret_id, rotation_lambda_arn, rotate_immediately, rotation_rules } = rotation?.values ?? {};
  expect({ rotation_lambda_arn, rotate_immediately }).toEqual({
    rotation_lambda_arn: outputs["RotatePostgresArn"],
    rotate_immediately: false,
  });
  const ScheduleExpression = text(rotation_rules as Members, "schedule_expression");
  expect(ScheduleExpression).toBe("rate(7 days)");
  const schedule = { RotationRules: { ScheduleExpression }, RotateImmediately: false };
  await client.send(
    new RotateSecretCommand({
      SecretId: String(secret_id),
      RotationLambdaARN: String(rotation_lambda_arn),
      ...schedule,
    }),
  );
  await rotateOnce("db/billing", "billing");
});
