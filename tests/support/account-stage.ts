import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve as path } from "node:path";
import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import { isMembers } from "../../shared/answers/members.ts";
import { list, record } from "../../local/aws/members.ts";
import { asPolicyDocument } from "../../local/aws/policy-document.ts";
import { type EmbeddedPostgres, startPostgres } from "../../local/postgres/embedded-postgres.ts";
import { type Stack, startStack } from "../../local/stack.ts";
import { resolve } from "../../local/template/intrinsics.ts";
import { bindParameters } from "../../local/template/parameters.ts";
import { readTemplate } from "../../deploy/reading/read-template.ts";
import { createAuthority } from "../../shared/testing/engine-contract/certificates.ts";

const root = path(import.meta.dirname, "../..");
const home = "123456789012";
/** Whose secrets are rotated; one whose role asks for an external id that rekey does not have; and one without a role. */
export const accounts = { tenant: "210987654321", other: "345678901234", stranger: "999999999999" } as const;
const functionName = "rekey-rotate-postgres";
const functionArn = `arn:aws:lambda:us-east-1:${home}:function:${functionName}`;
const retireName = "rekey-retire-previous";
const callers = ["RotatePostgres", "RetirePrevious"].map((name) => `arn:aws:iam::${home}:role/rekey-${name}Role`);
const externalId = "rekey-of-the-platform";
export const roleArn = (account: string): string => `arn:aws:iam::${account}:role/rekey-rotation`;

/** The role of templates/accounts/role.yaml, as an owner of `account` deploys it. */
function roleOf(account: string, ExternalId: string) {
  const template = readTemplate(readFileSync(path(root, "templates/accounts/role.yaml"), "utf8"));
  const given = {
    RekeyRoleArns: callers.join(","),
    RekeyAccountId: home,
    ExternalId,
    RotationFunctionArns: functionArn,
    SecretArnPattern: `arn:aws:secretsmanager:us-east-1:${account}:secret:*`,
  };
  const scope = {
    parameters: bindParameters(template.Parameters, given),
    pseudo: { "AWS::Partition": "aws", "AWS::Region": "us-east-1", "AWS::URLSuffix": "amazonaws.com" },
    conditions: template.Conditions,
    resources: new Map(),
  };
  const role = record(template.Resources["Role"] ?? {}, "Properties");
  const documents = list(role, "Policies").filter(isMembers);
  return {
    trust: asPolicyDocument(resolve(role["AssumeRolePolicyDocument"], scope)),
    policies: documents.map((policy) => asPolicyDocument(resolve(policy["PolicyDocument"], scope))),
  };
}

/** rekey in one account, a real PostgreSQL, and the secrets of others. */
export interface AccountStage {
  readonly stack: Stack;
  readonly postgres: EmbeddedPostgres;
  readonly functionArn: string;
  /** Secrets of the server's administrator, in rekey's own account and in the one that is not the tenant's. */
  readonly adminArn: string;
  readonly othersAdminArn: string;
  /** As the administrator of an account. */
  client(account: string): SecretsManager;
  /** Where the real server is, for a secret. */
  readonly server: Readonly<Record<string, string | number>>;
  createSecret(
    account: string,
    name: string,
    value: Readonly<Record<string, unknown>>,
    tags?: Readonly<Record<string, string>>,
  ): Promise<string>;
  /** Rotates until it ended. How it ended, and the last failure in the log. */
  rotate(account: string, secretArn: string): Promise<{ readonly state: string | undefined; readonly said: string }>;
  /** Hands an event of rekey's to the function that retires replaced credentials, and returns the outcome that it logs. */
  retire(detail: Readonly<Record<string, unknown>>): Promise<string>;
  /** Who called which operation on the secret, other than its account's administrator. */
  callsOn(secretArn: string): readonly string[];
  stop(): Promise<void>;
}

export interface AccountStageOptions {
  /** The function's variables besides the roles. */
  readonly environment?: (
    on: Readonly<Record<"adminArn" | "othersAdminArn" | "target", string>>,
  ) => Readonly<Record<string, string>>;
}

export async function startAccountStage(options: AccountStageOptions = {}): Promise<AccountStage> {
  const authority = createAuthority("the platform's");
  const postgres = await startPostgres({ certificate: authority.issue({ addresses: ["127.0.0.1"] }) });
  const stack = await startStack({ rotationRetry: { attempts: 1, delayMs: 1_000 } });
  const { host, port, superuser } = postgres;
  const server = { engine: "postgres", host, port, dbname: "postgres" };
  const clients = new Map<string, SecretsManager>();
  const client = (account: string): SecretsManager => {
    const made =
      clients.get(account) ??
      new SecretsManager({
        ...stack.clientConfig,
        credentials: { accessKeyId: account, secretAccessKey: "any" },
        maxAttempts: 1,
      });
    clients.set(account, made);
    return made;
  };
  const createSecret: AccountStage["createSecret"] = async (account, Name, value, tags = {}) => {
    const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
    const made = await client(account).createSecret({ Name, SecretString: JSON.stringify(value), Tags });
    return made.ARN ?? "";
  };
  const adminArn = await createSecret(home, "admin", { ...server, ...superuser });
  const othersAdminArn = await createSecret(accounts.other, "admin", { ...server, ...superuser });
  for (const [account, id] of [
    [accounts.tenant, externalId],
    [accounts.other, "of-somebody-else"],
  ] as const) {
    stack.aws.principals.createRole({ name: "rekey-rotation", accountId: account, ...roleOf(account, id) });
  }
  await stack.lambda.deploy({
    name: functionName,
    bundlePath: path(root, "dist/functions/rotate-postgres/index.mjs"),
    roleName: "rekey-RotatePostgresRole",
    timeoutMs: 30_000,
    environment: {
      REKEY_TLS_CA: authority.certificate,
      REKEY_ACCOUNT_ROLES: [accounts.tenant, accounts.other].map(roleArn).join(","),
      REKEY_ACCOUNT_EXTERNAL_ID: externalId,
      ...options.environment?.({ adminArn, othersAdminArn, target: `${host}:${port}` }),
    },
    policies: [
      {
        Statement: [
          { Effect: "Allow", Action: "secretsmanager:*", Resource: "*" },
          { Effect: "Allow", Action: "sts:AssumeRole", Resource: "*" },
        ],
      },
    ],
  });
  await stack.lambda.deploy({
    name: retireName,
    bundlePath: path(root, "dist/functions/retire-previous/index.mjs"),
    roleName: "rekey-RetirePreviousRole",
    timeoutMs: 60_000,
    environment: {
      REKEY_ACCOUNT_ROLES: roleArn(accounts.tenant),
      REKEY_ACCOUNT_EXTERNAL_ID: externalId,
      REKEY_RETIRE_QUEUE_URL: "http://127.0.0.1/queue",
      REKEY_ROTATION_FUNCTIONS: functionArn,
    },
    policies: [{ Statement: { Effect: "Allow", Action: ["lambda:InvokeFunction", "sts:AssumeRole"], Resource: "*" } }],
  });
  for (const [name, account] of Object.entries(accounts)) {
    await stack.lambda.handle({
      operation: "AddPermission",
      region: stack.region,
      principal: stack.aws.principals.administrator,
      http: { method: "POST", path: "/", headers: {}, body: Buffer.alloc(0) },
      input: {
        FunctionName: functionName,
        StatementId: name,
        Action: "lambda:InvokeFunction",
        Principal: "secretsmanager.amazonaws.com",
        SourceAccount: account,
      },
    });
  }

  return {
    stack,
    postgres,
    functionArn,
    adminArn,
    othersAdminArn,
    client,
    server,
    createSecret,
    async rotate(account, SecretId) {
      const rules = { RotationLambdaARN: functionArn, RotationRules: { AutomaticallyAfterDays: 30 } };
      await client(account).rotateSecret({ SecretId, ...rules });
      await stack.secretsManager.idle();
      const { state } = stack.secretsManager.lastRotation(SecretId) ?? {};
      return { state, said: stack.lambda.logs.findLast(({ line }) => line.includes('"code"'))?.line ?? "{}" };
    },
    async retire(detail) {
      const time = new Date(Date.now() - 1_000).toISOString();
      const event = { version: "0", id: randomUUID(), source: "rekey", "detail-type": "Secret Rotated", time, detail };
      const attributes = { ApproximateReceiveCount: "1", SentTimestamp: String(Date.now()) };
      const record = { messageId: "1", receiptHandle: "1", body: JSON.stringify(event), attributes };
      await stack.lambda.invoke(`arn:aws:lambda:us-east-1:${home}:function:${retireName}`, { Records: [record] });
      const ofIt = stack.lambda.logs.filter(({ functionName: name }) => name === retireName);
      return ofIt.map(({ line }) => line).join("\n");
    },
    callsOn: (secretArn) =>
      stack.aws.requests
        .filter(({ resources, principalArn }) => resources.includes(secretArn) && !principalArn.endsWith(":root"))
        .map(({ principalArn, operation }) => `${principalArn} ${operation}`),
    async stop() {
      for (const opened of clients.values()) opened.destroy();
      await stack.stop();
      await postgres.stop();
    },
  };
}
