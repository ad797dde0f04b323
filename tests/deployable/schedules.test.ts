import { readdirSync } from "node:fs";
import { resolve } from "node:path";
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  RotateSecretCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startPostgres, type EmbeddedPostgres } from "../../local/postgres/embedded-postgres.ts";
import { startStack, type Stack } from "../../local/stack.ts";
import { roots } from "../support/private-authority.ts";
import { createAuthority } from "../../shared/testing/engine-contract/certificates.ts";

const folder = resolve(import.meta.dirname, "../../templates/examples");
const authority = createAuthority("the databases'");
let stack: Stack;
let postgres: EmbeddedPostgres;
let client: SecretsManagerClient;
let outputs: Readonly<Record<string, string>>;
let AdminSecretArn = "";

/** What each example is given beside what it says itself; the function is the one that its parameter's description names. */
const examples = [
  { name: "alternating-users", output: "RotatePostgresArn", admin: true, more: {} },
  { name: "dual-password", output: "RotateMysqlArn", admin: true, more: {} },
  { name: "issued", output: "RotateVaultStaticRoleArn", admin: false, more: { VaultRole: "orders" } },
  { name: "single-user", output: "RotatePostgresArn", admin: false, more: {} },
] as const;
type Example = (typeof examples)[number];

beforeAll(async () => {
  stack = await startStack();
  postgres = await startPostgres({ certificate: authority.issue({ addresses: ["127.0.0.1"] }) });
  client = new SecretsManagerClient(stack.clientConfig);
  const { host, port, superuser } = postgres;
  const SecretString = JSON.stringify({ engine: "postgres", host, port, ...superuser });
  AdminSecretArn = (await client.send(new CreateSecretCommand({ Name: "admin", SecretString }))).ARN ?? "";
  const certificates = { Name: "roots", SecretString: roots + authority.certificate };
  const { ARN: TlsCaSecretArn = "" } = await client.send(new CreateSecretCommand(certificates));
  const parameters = { AdminSecretArns: AdminSecretArn, TlsCaSecretArn, VaultAuthorityRole: "rekey" };
  ({ outputs } = await stack.deploy({ parameters }));
});
afterAll(async () => {
  client.destroy();
  await stack.stop();
  await postgres.stop();
});

async function deploy(
  { name, output, admin, more }: Example,
  own: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { host, port } = postgres;
  const parameters = {
    RotationFunctionArn: outputs[output] ?? "",
    SecretName: `db/${name}`,
    Host: host,
    Port: output === "RotatePostgresArn" ? String(port) : "1",
    Username: name.replace("-", "_"),
    ...(admin ? { AdminSecretArn } : {}),
    ...more,
    ...own,
  };
  const deployed = await stack.deploy({ templatePath: resolve(folder, `${name}.yaml`), stackName: name, parameters });
  await stack.secretsManager.idle();
  return deployed.outputs["SecretArn"] ?? "";
}
const loginOf = async (SecretId: string): Promise<{ readonly username: string; readonly password: string }> => {
  const { SecretString = "{}" } = await client.send(new GetSecretValueCommand({ SecretId }));
  return JSON.parse(SecretString) as { readonly username: string; readonly password: string };
};

test.each(examples)("the example $name alone makes Secrets Manager log in nowhere", async (example) => {
  const SecretId = await deploy(example, { SecretName: `db/early/${example.name}`, Username: "early" });
  expect(stack.secretsManager.lastRotation(SecretId)).toBeUndefined();
});

test("with the user made before the schedule, as the example says, the test that Secrets Manager makes at once succeeds", async () => {
  const example = examples.find(({ name }) => name === "single-user") ?? examples[0];
  const testOf = async (username: string, make: boolean): Promise<string | undefined> => {
    const SecretId = await deploy(example, { SecretName: `db/${username}`, Username: username });
    const { password } = await loginOf(SecretId);
    if (make) await postgres.admin(`CREATE ROLE ${username} LOGIN PASSWORD '${password}'`);
    const schedule = { RotationLambdaARN: outputs[example.output], RotationRules: { AutomaticallyAfterDays: 30 } };
    await client.send(new RotateSecretCommand({ SecretId, ...schedule, RotateImmediately: false }));
    await stack.secretsManager.idle();
    const { kind, state } = stack.secretsManager.lastRotation(SecretId) ?? {};
    return `${kind} ${state}`;
  };
  expect(await testOf("made_before", true)).toBe("test succeeded");
  expect(await testOf("made_after", false)).toBe("test failed");
});

test("every strategy has an example", () => {
  expect(readdirSync(folder).sort()).toEqual(examples.map(({ name }) => `${name}.yaml`));
});

test.each(examples)(
  "the example $name puts its secret on a schedule with its function and its strategy",
  async (example) => {
    const SecretId = await deploy(example, { Schedule: "rate(30 days)" });
    const described = await client.send(new DescribeSecretCommand({ SecretId }));
    expect(described).toMatchObject({
      RotationEnabled: true,
      RotationLambdaARN: outputs[example.output],
      RotationRules: { ScheduleExpression: "rate(30 days)" },
      Tags: expect.arrayContaining([{ Key: "rekey:strategy", Value: example.name }]),
    });
    if (example.output !== "RotatePostgresArn") return;
    const first = await loginOf(SecretId);
    await postgres.admin(`CREATE ROLE ${first.username} LOGIN PASSWORD '${first.password}'`);
    const { VersionId = "" } = await client.send(new RotateSecretCommand({ SecretId }));
    const labels = async (): Promise<readonly string[]> =>
      (await client.send(new DescribeSecretCommand({ SecretId }))).VersionIdsToStages?.[VersionId] ?? [];
    await expect.poll(labels, { timeout: 60_000 }).toContain("AWSCURRENT");
    expect((await loginOf(SecretId)).password).not.toBe(first.password);
  },
);
