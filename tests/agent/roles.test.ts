import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, expect, test } from "vitest";
import { AwsError, type PolicyDocument } from "../../local/aws/service.ts";
import { type Stack, startStack } from "../../local/stack.ts";
import { type AgentProcess, type ShippedAgent, shippedAgent } from "../support/agent-process.ts";
import { ask, withToken } from "../support/agent-stage.ts";

const account = "210987654321";
const soon = { timeout: 60_000 };
let stack: Stack;
let home: SecretsManager;
let tenant: SecretsManager;
let shipped: ShippedAgent;
let folder = "";
let topicArn = "";
let tenantRole = "";
let blindRole = "";
let closedRole = "";

const allow = (Action: string): PolicyDocument => ({ Statement: [{ Effect: "Allow", Action, Resource: "*" }] });
const mayRead = allow("secretsmanager:*");

beforeAll(async () => {
  stack = await startStack();
  topicArn = (await stack.deploy()).outputs["SecretRotatedTopicArn"] ?? "";
  const { principals } = stack.aws;
  const trust: PolicyDocument = {
    Statement: [{ Effect: "Allow", Principal: { AWS: principals.administrator.arn }, Action: "sts:AssumeRole" }],
  };
  tenantRole = principals.createRole({ name: "agents", accountId: account, trust, policies: [mayRead] });
  blindRole = principals.createRole({ name: "blind", trust, policies: [] });
  closedRole = principals.createRole({ name: "closed", trust: { Statement: [] }, policies: [mayRead] });
  home = new SecretsManager(stack.clientConfig);
  tenant = new SecretsManager({
    ...stack.clientConfig,
    credentials: { accessKeyId: account, secretAccessKey: "test" },
  });
  shipped = await shippedAgent(stack);
  folder = mkdtempSync(join(tmpdir(), "rekey-roles-"));
});
afterAll(async () => {
  await shipped[Symbol.asyncDispose]();
  home.destroy();
  tenant.destroy();
  await stack.stop();
  rmSync(folder, { recursive: true });
});

const calls = (operation: string): number => stack.aws.requests.filter((call) => call.operation === operation).length;
const read = async ({ port }: AgentProcess, secretId: string, roleArn?: string, more = "") => {
  const role = roleArn === undefined ? "" : `&roleArn=${encodeURIComponent(roleArn)}`;
  const { status, body } = await ask(port, `/secretsmanager/get?secretId=${secretId}${role}${more}`);
  return { status, body: body.startsWith("{") ? (JSON.parse(body) as Readonly<Record<string, unknown>>) : body };
};

test("each role has values of its own, of its own account, and a rotation reaches them by the agent's one queue", async () => {
  await home.createSecret({ Name: "db/shared", SecretString: "canary-home" });
  const theirs = await tenant.createSecret({ Name: "db/shared", SecretString: "canary-tenant" });
  const agent = await shipped.start(["--role", tenantRole, "--role", blindRole, "--topic-arn", topicArn]);
  expect(await read(agent, "db/shared")).toMatchObject({ body: { SecretString: "canary-home" } });
  expect(await read(agent, "db/shared", tenantRole)).toMatchObject({
    body: { SecretString: "canary-tenant", ARN: theirs.ARN },
  });
  expect(await read(agent, "db/shared", blindRole)).toMatchObject({
    status: 400,
    body: { __type: "AccessDeniedException" },
  });
  expect(await read(agent, "db/shared")).toMatchObject({ body: { SecretString: "canary-home" } });
  const before = calls("GetSecretValue");
  await read(agent, "db/shared", tenantRole);
  expect(calls("GetSecretValue")).toBe(before);
  expect(calls("AssumeRole")).toBe(2);

  await home.putSecretValue({ SecretId: "db/shared", SecretString: "canary-rotated" });
  await expect.poll(() => agent.output(), soon).toContain('"message":"rotated"');
  expect(await read(agent, "db/shared")).toMatchObject({ body: { SecretString: "canary-rotated" } });
  expect(await read(agent, "db/shared", tenantRole)).toMatchObject({ body: { SecretString: "canary-tenant" } });
  await tenant.putSecretValue({ SecretId: "db/shared", SecretString: "canary-late" });
  expect(await read(agent, "db/shared", tenantRole, "&refreshNow=true")).toMatchObject({
    body: { SecretString: "canary-late" },
  });

  const { body: metrics } = await ask(agent.port, "/metrics");
  expect(metrics).toContain(`rekey_client_secrets{roleArn="${tenantRole}",otel_scope_name="rekey.client"} 1`);
  expect(metrics).toContain('rekey_client_secrets{otel_scope_name="rekey.client"} 1');
  expect(metrics).not.toContain("db/");
  expect(agent.output()).not.toContain("canary");
});

test("a role is only assumed for who has the token, and only where the configuration grants it", async () => {
  const agent = await shipped.start(["--role", tenantRole]);
  const before = calls("AssumeRole");
  const path = `/v1/db/shared?roleArn=${encodeURIComponent(tenantRole)}`;
  expect(await ask(agent.port, path, { headers: {} })).toMatchObject({ status: 403, body: "Bad Token" });
  const host = { ...withToken, Host: "evil.example" };
  expect(await ask(agent.port, path, { headers: host })).toMatchObject({ status: 403, body: "Bad Host" });
  expect(await read(agent, "db/shared", closedRole)).toMatchObject({
    status: 403,
    body: { __type: "AccessDeniedException", message: "the agent's configuration does not grant this role" },
  });
  for (const odd of ["", "arn:aws:iam::1:role/x", `${tenantRole}%0a`, "arn:aws:iam::210987654321:user/agents"])
    expect(await ask(agent.port, `/v1/db/shared?roleArn=${odd}`)).toMatchObject({
      status: 400,
      body: "invalid roleArn value",
    });
  expect(await ask(agent.port, `${path}&roleArn=${encodeURIComponent(closedRole)}`)).toMatchObject({
    status: 400,
    body: "repeated parameter: roleArn",
  });
  expect(calls("AssumeRole")).toBe(before);
});

test("a role that does not trust the agent is denied as AWS's agent says it", async () => {
  const agent = await shipped.start(["--role", closedRole]);
  expect(await read(agent, "db/shared", closedRole)).toMatchObject({
    status: 403,
    body: { __type: "AccessDeniedException", message: "the agent's identity may not assume this role" },
  });
});

test("the configuration file sets headers, variables, keys and what is read ahead by tag, within its share of the cache", async () => {
  const { principals } = stack.aws;
  const { accessKeyId, secretAccessKey, sessionToken } = principals.assumeRole("host", "agent", [
    mayRead,
    allow("sts:*"),
  ]);
  const keys = join(folder, "keys");
  writeFileSync(
    keys,
    `[default]\naws_access_key_id=${accessKeyId}\naws_secret_access_key=${secretAccessKey}\naws_session_token=${sessionToken}\n`,
  );
  chmodSync(keys, 0o600);
  for (const [name, tag] of [
    ["t/1", "ahead"],
    ["t/2", "ahead"],
    ["t/3", "ahead"],
    ["t/4", "ahead-of-time"],
  ] as const)
    await home.createSecret({ Name: name, SecretString: "x", Tags: [{ Key: tag, Value: "" }] });
  const config = join(folder, "config.toml");
  writeFileSync(
    config,
    `[capabilities.secrets_manager]
     region = "${stack.region}"
     credentials_file_path = "${keys}"
     validate_credentials = true
     [capabilities.secrets_manager.cache]
     cache_size = 4
     [capabilities.secrets_manager.security]
     ssrf_headers = ["X-Own-Token"]
     ssrf_env_variables = ["OWN_TOKEN"]
     [capabilities.secrets_manager.prefetch]
     cache_buffer_ratio = 0.5
     secrets = [{ secret_id = "db/shared" }]
     filter_tags = [{ key = "ahead" }]`,
  );
  const own = { OWN_TOKEN: "canary-own", AWS_REGION: "", AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "" };
  const agent = await shipped.start(["--config", config], own);
  const asked = async (path: string) => ask(agent.port, path, { headers: { "X-Own-Token": "canary-own" } });
  expect((await asked("/metrics")).body).toMatch(/^rekey_client_secrets\S* 3$/m);
  expect(await asked("/v1/t/1")).toMatchObject({ status: 200 });
  expect(await ask(agent.port, "/v1/t/1", { headers: withToken })).toMatchObject({ status: 403 });
  expect(stack.aws.requests.some(({ operation }) => operation === "GetCallerIdentity")).toBe(true);
  expect(agent.output()).not.toContain("canary");
  expect(agent.output()).not.toContain(secretAccessKey);
});

test("keys that AWS does not take end the start where the file wants them checked", async () => {
  const config = join(folder, "checked.toml");
  writeFileSync(config, "validate_credentials = true");
  const refusal = stack.aws.faults.inject({
    kind: "error",
    operation: "GetCallerIdentity",
    error: new AwsError("InvalidClientTokenId", "canary", 403),
  });
  const running = shipped.run(["--config", config]);
  expect(await running.ended).toBe(1);
  refusal.remove();
  expect(running.output()).toContain("credentials-refused");
  expect(running.output()).not.toContain("canary");
});
