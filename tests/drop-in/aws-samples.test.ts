import { randomUUID } from "node:crypto";
import { resolve } from "node:path";
import { AddPermissionCommand, LambdaClient } from "@aws-sdk/client-lambda";
import {
  CancelRotateSecretCommand,
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  RotateSecretCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startStack, type Stack } from "../../local/stack.ts";
import { createAuthority } from "../../shared/testing/engine-contract/certificates.ts";
import type { Account } from "../../shared/testing/engine-contract/fixture.ts";
import { samples, type SampleDatabase } from "../support/sample-databases.ts";

const root = resolve(import.meta.dirname, "../..");
const authority = createAuthority("the function's own roots");
const soon = { timeout: 60_000 };
/** What the samples' roles may do, as AWS's templates of them have it; another function's role says the same. */
const policyOfASample = {
  Statement: [
    {
      Effect: "Allow" as const,
      Action: ["DescribeSecret", "GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage"].map(
        (name) => `secretsmanager:${name}`,
      ),
      Resource: "*",
    },
    { Effect: "Allow" as const, Action: "secretsmanager:GetRandomPassword", Resource: "*" },
  ],
};

for (const { name, absent, functionName, engine, dbname, start } of samples) {
  describe.skipIf(absent)(`in place of AWS's sample functions for ${name}`, () => {
    let stack: Stack;
    let database: SampleDatabase;
    let client: SecretsManagerClient;
    let RotationLambdaARN = "";
    let masterarn = "";

    const create = async (
      value: object,
      Tags: readonly { Key: string; Value: string }[] = [],
      Name = `db/${randomUUID()}`,
    ): Promise<string> => {
      const secret = { Name, SecretString: JSON.stringify(value), Tags: [...Tags] };
      return (await client.send(new CreateSecretCommand(secret))).ARN ?? "";
    };
    const valueOf = async (
      SecretId: string,
      VersionStage = "AWSCURRENT",
    ): Promise<Account & Record<string, unknown>> => {
      const { SecretString = "{}" } = await client.send(new GetSecretValueCommand({ SecretId, VersionStage }));
      return JSON.parse(SecretString) as Account & Record<string, unknown>;
    };
    const begin = async (SecretId: string): Promise<string> => {
      const rules = { RotationLambdaARN, RotationRules: { AutomaticallyAfterDays: 30 } };
      return (await client.send(new RotateSecretCommand({ SecretId, ...rules }))).VersionId ?? "";
    };
    async function rotate(SecretId: string): Promise<Account & Record<string, unknown>> {
      const versionId = await begin(SecretId);
      const labels = async (): Promise<readonly string[]> =>
        (await client.send(new DescribeSecretCommand({ SecretId }))).VersionIdsToStages?.[versionId] ?? [];
      await expect.poll(labels, soon).toContain("AWSCURRENT");
      await stack.secretsManager.idle();
      return valueOf(SecretId);
    }
    /** Begins a rotation, waits until the function has failed with this code, and gives it up. */
    async function refused(SecretId: string, code: string): Promise<void> {
      const versionId = await begin(SecretId);
      const failed = (): boolean =>
        stack.lambda.logs.some(({ line }) => line.includes(versionId) && line.includes(`"code":"${code}"`));
      await expect.poll(failed, soon).toBe(true);
      await stack.secretsManager.idle();
      await client.send(new CancelRotateSecretCommand({ SecretId }));
      const label = { VersionStage: "AWSPENDING", RemoveFromVersionId: versionId };
      await client.send(new UpdateSecretVersionStageCommand({ SecretId, ...label }));
    }
    const account = async (username = `app_${randomUUID().slice(0, 4)}`): Promise<Account> => {
      const made = { username, password: `canary-${randomUUID()}` };
      await database.createUser(made);
      return made;
    };
    const secretOf = (login: Account): Record<string, unknown> => ({
      engine,
      host: database.host,
      port: database.port,
      dbname,
      ...login,
    });

    beforeAll(async () => {
      stack = await startStack();
      client = new SecretsManagerClient(stack.clientConfig);
      database = await start(authority.issue({ addresses: ["127.0.0.1"] }));
      masterarn = await create({ ...secretOf(database.admin), ssl: true });
      const sample = `SecretsManager${functionName}`;
      RotationLambdaARN = await stack.lambda.deploy({
        name: sample,
        bundlePath: resolve(root, `dist/functions/${functionName}/index.mjs`),
        timeoutMs: 30_000,
        policies: [policyOfASample],
        environment: {
          // The samples know no other way to Secrets Manager than their own variable.
          AWS_ENDPOINT_URL: "http://127.0.0.1:1",
          SECRETS_MANAGER_ENDPOINT: stack.aws.endpoint,
          EXCLUDE_CHARACTERS: "/@\"'\\0oO",
          EXCLUDE_LOWERCASE: "False",
          EXCLUDE_NUMBERS: "false",
          EXCLUDE_PUNCTUATION: "true",
          EXCLUDE_UPPERCASE: "True",
          PASSWORD_LENGTH: "40",
          REQUIRE_EACH_INCLUDED_TYPE: "true",
          REKEY_ADMIN_SECRETS: masterarn,
          REKEY_TLS_CA: authority.certificate,
          REKEY_USER_GRANTS: ["taken", "clone"]
            .map((name) => `db/${name}=app_${name}_clone@${database.host}:${database.port}`)
            .join(","),
        },
      });
      const lambda = new LambdaClient(stack.clientConfig);
      const permission = { Action: "lambda:InvokeFunction", Principal: "secretsmanager.amazonaws.com" };
      await lambda.send(new AddPermissionCommand({ FunctionName: sample, StatementId: "invoke", ...permission }));
      lambda.destroy();
    });
    afterAll(async () => {
      client.destroy();
      await stack.stop();
      await database.stop();
    });

    test.each([
      ["ssl as true and the port as a number", { ssl: true }],
      ["ssl as the text True and the port as text", { ssl: "True", port: "text" }],
      ["neither ssl nor dbname", { dbname: undefined }],
    ])(
      "the single-user sample's secret, with %s: the password of its variables, and every other member as it was",
      async (_form, members) => {
        const before = await account();
        const value = {
          ...secretOf(before),
          ...members,
          ...("port" in members ? { port: String(database.port) } : {}),
          dbInstanceIdentifier: "orders-1",
          owner: { team: "orders", pager: 7 },
        };
        const secretId = await create(value);
        const { password, ...others } = await rotate(secretId);
        expect(others).toEqual(JSON.parse(JSON.stringify({ ...value, password: undefined })));
        expect(password).toMatch(/^(?=.*[a-z])(?=.*\d)[a-np-z1-9]{40}$/u);
        expect(await database.mayRead({ username: before.username, password })).toBe(true);
        expect(await database.mayRead(before)).toBe(false);
        expect((await valueOf(secretId, "AWSPREVIOUS")).password).toBe(before.password);
      },
    );

    test("the multi-user sample's secret: the clone has the first user's rights, then they take turns", async () => {
      const first = await account();
      const secretId = await create({ ...secretOf(first), ssl: "TRUE", masterarn });
      const second = await rotate(secretId);
      expect(second).toMatchObject({ username: `${first.username}_clone`, masterarn, ssl: "TRUE", engine, dbname });
      expect([await database.mayRead(first), await database.mayRead(second)]).toEqual([true, true]);
      const third = await rotate(secretId);
      expect(third.username).toBe(first.username);
      expect([await database.mayRead(first), await database.mayRead(second), await database.mayRead(third)]).toEqual([
        false,
        true,
        true,
      ]);
    });

    test("a pair that the sample made: refused and left alone, also when a tag names its clone, until the configuration grants it", async () => {
      const first = await account("app_taken");
      const clone = { username: `${first.username}_clone`, password: "canary-of-the-clone" };
      await database.createClone(first.username, clone);
      const current = { ...secretOf(first), masterarn };
      await refused(await create(current), "user-collision");
      await refused(await create(current, [{ Key: "rekey:alternate-user", Value: clone.username }]), "user-collision");
      expect([await database.mayRead(first), await database.mayRead(clone)]).toEqual([true, true]);
      const next = await rotate(await create(current, [], "db/taken"));
      expect(next.username).toBe(clone.username);
      expect([await database.mayRead(first), await database.mayRead(clone), await database.mayRead(next)]).toEqual([
        true,
        false,
        true,
      ]);
    });

    test("a pair whose clone is current: alternateusers says which is the first, and the next rotation goes back to it", async () => {
      const first = await account("app_clone");
      const clone = { username: `${first.username}_clone`, password: "canary-of-the-clone" };
      await database.createClone(first.username, clone);
      const alternateusers = [first.username, clone.username];
      const secretId = await create({ ...secretOf(clone), masterarn, alternateusers }, [], "db/clone");
      const next = await rotate(secretId);
      expect(next.username).toBe(first.username);
      expect([await database.mayRead(first), await database.mayRead(clone), await database.mayRead(next)]).toEqual([
        false,
        true,
        true,
      ]);
    });

    test("on purpose not as the samples do: neither masterarn nor a tag lends an admin, and what cannot be verified is not sent in clear", async () => {
      const first = await account();
      const other = await create({ ...secretOf(database.admin), ssl: true });
      const tag = { Key: "rekey:admin-secret", Value: other };
      await refused(await create({ ...secretOf(first), masterarn: other }), "admin-secret-refused");
      await refused(await create({ ...secretOf(first), masterarn: other }, [tag]), "admin-secret-refused");
      const unverified = await create({ ...secretOf(first), sslrootcert: createAuthority("another").certificate });
      await refused(unverified, "tls-refused");
      expect(await database.mayRead(first)).toBe(true);
    });

    test("no password is in the function's log", () => {
      const printed = JSON.stringify(stack.lambda.logs);
      expect(printed).toContain("finishSecret");
      expect(printed).not.toContain("canary");
    });
  });
}
