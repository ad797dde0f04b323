import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { Lambda } from "@aws-sdk/client-lambda";
import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { asPolicyDocument } from "../../../local/aws/policy-document.ts";
import { startPostgres, type EmbeddedPostgres } from "../../../local/postgres/embedded-postgres.ts";
import { type Stack, startStack } from "../../../local/stack.ts";
import { readTemplate } from "../../../deploy/reading/read-template.ts";
import type { TemplateDeployment } from "../../../local/template/deploy-template.ts";
import { policiesOf } from "../../support/template-policies.ts";

const template = readTemplate(readFileSync(resolve(import.meta.dirname, "../../../template.yaml"), "utf8"));
const policies = policiesOf(template);
const roles = policies.filter(({ logicalId }) => /^Rotate\w+Role$/.test(logicalId)).map(({ logicalId }) => logicalId);
const functionOf = (role: string): string => `${role.replace(/Role$/, "")}Arn`;
const rotationCalls = [
  "DescribeSecret",
  "GetSecretValue",
  "ListSecretVersionIds",
  "PutSecretValue",
  "UpdateSecretVersionStage",
] as const;
const soon = { timeout: 60_000 };

let stack: Stack;
let postgres: EmbeddedPostgres;
let admin: SecretsManager;
let lambda: Lambda;
let deployed: TemplateDeployment;

beforeAll(async () => {
  postgres = await startPostgres();
  stack = await startStack({ rotationRetry: { attempts: 1, delayMs: 1_000 } });
  admin = new SecretsManager(stack.clientConfig);
  lambda = new Lambda(stack.clientConfig);
  const { ARN = "" } = await admin.createSecret({ Name: "vault", SecretString: "root" });
  const VaultAuthorityCredentialSecretArn = ARN;
  const IamUserArns = `arn:aws:iam::${stack.accountId}:user/rekey/*`;
  deployed = await stack.deploy({
    parameters: {
      ExperimentalEngines: "true",
      IamUserArns,
      MskSecretArns: `arn:aws:secretsmanager:us-east-1:${stack.accountId}:secret:AmazonMSK_orders-AbCdEf`,
      VaultAuthorityCredentialSecretArn,
      VaultAuthorityAuth: "token",
    },
  });
});
afterAll(async () => {
  admin.destroy();
  lambda.destroy();
  await stack.stop();
  await postgres.stop();
});

async function rotatedBy(functionArn: string, value: object = { password: randomUUID() }): Promise<string> {
  // Below db/ as the roles' pattern of secrets has it.
  const Name = `db/${randomUUID()}`;
  const { ARN = "" } = await admin.createSecret({ Name, SecretString: JSON.stringify(value) });
  const RotationRules = { AutomaticallyAfterDays: 30 };
  await admin.rotateSecret({ SecretId: ARN, RotationLambdaARN: functionArn, RotationRules, RotateImmediately: false });
  await stack.secretsManager.idle();
  return ARN;
}

function clientOf(role: string): SecretsManager {
  const documents = policies
    .filter(({ logicalId }) => logicalId === role)
    .map(({ document }) => asPolicyDocument(document));
  const credentials = stack.aws.principals.assumeRole(`rekey-${role}`, "session", documents);
  const { endpoint, region } = stack.clientConfig;
  return new SecretsManager({ endpoint, region, credentials, maxAttempts: 1 });
}

/** Each call that the statement of a rotation role allows. */
const callsOn = (
  client: SecretsManager,
  SecretId: string,
  VersionId: string,
): Record<string, () => Promise<unknown>> => ({
  DescribeSecret: async () => client.describeSecret({ SecretId }),
  GetSecretValue: async () => client.getSecretValue({ SecretId }),
  ListSecretVersionIds: async () => client.listSecretVersionIds({ SecretId }),
  PutSecretValue: async () =>
    client.putSecretValue({
      SecretId,
      SecretString: "{}",
      ClientRequestToken: randomUUID(),
      VersionStages: ["OTHER"],
    }),
  UpdateSecretVersionStage: async () =>
    client.updateSecretVersionStage({ SecretId, VersionStage: "MINE", MoveToVersionId: VersionId }),
});

/** How each call ended: by the error's name, or `done`. */
async function outcomesOf(calls: Record<string, () => Promise<unknown>>): Promise<Record<string, string>> {
  const ended = Object.entries(calls).map(async ([name, call]): Promise<[string, string]> => {
    const outcome = await call().then(
      () => "done",
      (error: unknown) => (error instanceof Error ? error.name : "unknown"),
    );
    return [name, outcome];
  });
  return Object.fromEntries(await Promise.all(ended));
}
const all = (outcome: string): Record<string, string> =>
  Object.fromEntries(rotationCalls.map((name) => [name, outcome]));

test.each(roles)(
  "code that took over %s reads and changes nothing of a secret that another function rotates, or none, and all of its own",
  async (role) => {
    const other = role === "RotatePostgresRole" ? "RotateMysqlArn" : "RotatePostgresArn";
    const client = clientOf(role);
    const theirs = await rotatedBy(deployed.outputs[other] ?? "");
    const { ARN: nobodys = "" } = await admin.createSecret({ Name: `db/${randomUUID()}`, SecretString: "{}" });
    for (const secretId of [theirs, nobodys]) {
      const { VersionId = "" } = await admin.getSecretValue({ SecretId: secretId });
      expect(await outcomesOf(callsOn(client, secretId, VersionId))).toEqual(all("AccessDeniedException"));
    }
    const own = await rotatedBy(deployed.outputs[functionOf(role)] ?? "");
    const { VersionId = "" } = await admin.getSecretValue({ SecretId: own });
    expect(await outcomesOf(callsOn(client, own, VersionId))).toEqual(all("done"));
    await admin.cancelRotateSecret({ SecretId: own });
    expect(await outcomesOf(callsOn(client, own, VersionId))).toEqual(all("done"));
    client.destroy();
  },
);

test("a rotation function that is invoked for another function's secret is refused, and rotates its own to the end", async () => {
  const password = randomUUID();
  const { host, port } = postgres;
  await postgres.admin(`CREATE ROLE app LOGIN PASSWORD '${password}'`);
  const value = { engine: "postgres", host, port, dbname: "postgres", ssl: false, username: "app", password };
  const secretId = await rotatedBy(deployed.outputs["RotatePostgresArn"] ?? "", value);

  const Payload = JSON.stringify({ Step: "createSecret", SecretId: secretId, ClientRequestToken: randomUUID() });
  const FunctionName = deployed.outputs["RotateMysqlArn"] ?? "";
  const asked = stack.aws.requests.length;
  const answer = await lambda.invoke({ FunctionName, Payload });
  expect(answer.FunctionError).toBeDefined();
  const calls = stack.aws.requests
    .slice(asked)
    .filter(({ service, principalArn }) => service === "secretsmanager" && principalArn.includes("RotateMysqlRole"));
  expect(new Set(calls.map(({ errorType }) => errorType))).toEqual(new Set(["AccessDeniedException"]));

  await admin.rotateSecret({ SecretId: secretId });
  const current = async (): Promise<string> => {
    const { SecretString = "{}" } = await admin.getSecretValue({ SecretId: secretId });
    return String((JSON.parse(SecretString) as { password: unknown }).password);
  };
  await expect.poll(current, soon).not.toBe(password);
  const session = new pg.Client({ host, port, database: "postgres", user: "app", password: await current() });
  await session.connect();
  await session.end();
});
