import { afterAll, beforeAll, expect, test } from "vitest";
import { type AgentStage, agentStage, ask, withToken } from "../support/agent-stage.ts";

let stage: AgentStage;
let arn = "";
let first = "";
let second = "";

beforeAll(async () => {
  stage = await agentStage();
  const made = await stage.secrets.createSecret({ Name: "prod/orders", SecretString: '{"password":"canary-1"}' });
  [arn, first] = [made.ARN ?? "", made.VersionId ?? ""];
  const put = await stage.secrets.putSecretValue({ SecretId: arn, SecretString: '{"password":"canary-2"}' });
  second = put.VersionId ?? "";
});
afterAll(async () => stage[Symbol.asyncDispose]());

const read = async (path: string): Promise<unknown> => {
  const { status, body } = await stage.get(path);
  expect(`${status} ${status === 200 ? "" : body}`).toBe("200 ");
  return JSON.parse(body);
};

test("the answer has the members, the order and the kinds of values of AWS's agent", async () => {
  const { status, body, headers } = await stage.get("/secretsmanager/get?secretId=prod/orders");
  const answer = JSON.parse(body) as Readonly<Record<string, unknown>>;
  expect(status).toBe(200);
  expect(headers).toMatchObject({ "content-type": "application/json", "cache-control": "no-store" });
  expect(Object.keys(answer)).toEqual(["ARN", "Name", "VersionId", "SecretString", "VersionStages", "CreatedDate"]);
  expect(answer).toEqual({
    ARN: arn,
    Name: "prod/orders",
    VersionId: second,
    SecretString: '{"password":"canary-2"}',
    VersionStages: ["AWSCURRENT"],
    CreatedDate: expect.stringMatching(/^\d+(\.\d+)?$/),
  });
});

test("an id may be escaped, an ARN, or in the path", async () => {
  const expected = { VersionId: second };
  expect(await read("/secretsmanager/get?secretId=prod%2Forders")).toMatchObject(expected);
  expect(await read(`/secretsmanager/get?secretId=${encodeURIComponent(arn)}`)).toMatchObject(expected);
  expect(await read("/v1/prod/orders")).toMatchObject(expected);
  expect(await read(`/v1/${arn}`)).toMatchObject(expected);
});

test("stages and versions are chosen as in Secrets Manager", async () => {
  const path = "/secretsmanager/get?secretId=prod/orders";
  expect(await read(`${path}&versionStage=AWSPREVIOUS`)).toMatchObject({ VersionId: first });
  expect(await read(`${path}&versionId=${first}`)).toMatchObject({ SecretString: '{"password":"canary-1"}' });
  expect(await read(`/v1/prod/orders?versionId=${second}&versionStage=AWSCURRENT`)).toMatchObject({
    VersionId: second,
  });
  expect(await stage.get(`${path}&versionId=${first}&versionStage=AWSCURRENT`)).toMatchObject({
    status: 400,
    body: expect.stringContaining('"__type":"InvalidRequestException"'),
  });
});

test("a binary value is in Base64", async () => {
  await stage.secrets.createSecret({ Name: "blob", SecretBinary: Buffer.from("binary") });
  expect(await read("/v1/blob")).toMatchObject({ SecretBinary: Buffer.from("binary").toString("base64") });
});

test("refreshNow asks Secrets Manager, and nothing else does once a secret is read", async () => {
  await stage.secrets.createSecret({ Name: "edited", SecretString: "before" });
  await read("/v1/edited");
  await stage.secrets.putSecretValue({ SecretId: "edited", SecretString: "after" });
  expect(await read("/v1/edited")).toMatchObject({ SecretString: "before" });
  expect(await read("/v1/edited?refreshNow=false")).toMatchObject({ SecretString: "before" });
  expect(await read("/v1/edited?refreshNow=TRUE")).toMatchObject({ SecretString: "after" });
  await stage.secrets.putSecretValue({ SecretId: "edited", SecretString: "again" });
  expect(await read("/secretsmanager/get?secretId=edited&refreshNow=1")).toMatchObject({ SecretString: "again" });
});

test("seven hundred cold reads at once are one request to Secrets Manager", async () => {
  await stage.secrets.createSecret({ Name: "cold", SecretString: "x" });
  const asked = (): number => stage.stack.aws.requests.filter(({ operation }) => operation === "GetSecretValue").length;
  const before = asked();
  const answers = await Promise.all(Array.from({ length: 700 }, async () => stage.get("/v1/cold")));
  expect(answers.every(({ status }) => status === 200)).toBe(true);
  expect(asked() - before).toBe(1);
});

test("a health check needs no token", async () => {
  expect(await ask(stage.agent.port, "/ping", { headers: {} })).toMatchObject({ status: 200, body: "healthy" });
});

test.each([
  ["no token", "/v1/prod/orders", {}, 403, "Bad Token"],
  ["a wrong token", "/v1/prod/orders", { "X-Aws-Parameters-Secrets-Token": "guess" }, 403, "Bad Token"],
  ["a wrong token, in the other header", "/v1/prod/orders", { "X-Vault-Token": "guess" }, 403, "Bad Token"],
  ["a wrong token, for a metric's neighbour", "/metrics/x", {}, 403, "Bad Token"],
  ["a forwarded request", "/v1/prod/orders", { ...withToken, "X-Forwarded-For": "10.0.0.1" }, 400, "Forwarded"],
  [
    "a forwarded request, in the standard's header",
    "/v1/a",
    { ...withToken, Forwarded: "for=10.0.0.1" },
    400,
    "Forwarded",
  ],
  ["a foreign Host", "/v1/prod/orders", { ...withToken, Host: "evil.example" }, 403, "Bad Host"],
  ["a foreign Host that looks like loopback", "/ping", { Host: "127.0.0.1.evil.example:2773" }, 403, "Bad Host"],
  ["another path", "/secretsmanager/put?secretId=a", withToken, 404, "Not found"],
  ["no secret", "/secretsmanager/get", withToken, 400, "missing parameter secretId"],
  ["no secret in the path", "/v1/?versionId=1", withToken, 400, "missing secret ID"],
  ["an unknown parameter", "/v1/prod/orders?abc=1", withToken, 400, "unknown parameter: abc"],
  ["a parameter of the other style", "/v1/a?secretId=b", withToken, 400, "unknown parameter: secretId"],
  ["a wrong refreshNow", "/v1/prod/orders?refreshNow=yes", withToken, 400, "invalid refreshNow value"],
  ["a broken escape", "/v1/%ff", withToken, 400, "missing secret ID"],
  ["an endless id", `/v1/${"a".repeat(3_000)}`, withToken, 400, "invalid secret ID"],
])("%s is refused in the words of AWS's agent", async (_what, path, headers, status, body) => {
  expect(await ask(stage.agent.port, path, { headers })).toMatchObject({ status, body });
});

test("the token is taken in the other header, too", async () => {
  const headers = { "X-Vault-Token": withToken["X-Aws-Parameters-Secrets-Token"] };
  expect(await ask(stage.agent.port, "/v1/prod/orders", { headers })).toMatchObject({ status: 200 });
});

test.each(["POST", "PUT", "DELETE", "HEAD", "OPTIONS"])("%s is not allowed", async (method) => {
  expect(await ask(stage.agent.port, "/v1/prod/orders", { method })).toMatchObject({ status: 405 });
});

test("a body, and headers beyond 64 KB, are refused and the connection closed", async () => {
  const { port } = stage.agent;
  expect(await ask(port, "/v1/a", { body: "x", headers: { ...withToken, "Content-Length": "1" } })).toMatchObject({
    status: 413,
    headers: { connection: "close" },
  });
  expect(await ask(port, "/v1/a", { headers: { ...withToken, Junk: "x".repeat(70_000) } })).toMatchObject({
    status: 431,
  });
});

test("what Secrets Manager refuses has its error's JSON", async () => {
  const missing = await stage.get("/v1/missing");
  expect(missing).toMatchObject({ status: 400, headers: { "content-type": "application/json" } });
  expect(JSON.parse(missing.body)).toEqual({
    __type: "ResourceNotFoundException",
    message: "Secrets Manager can't find the specified secret.",
  });
});

test("the metrics count by outcome and by the client, and hold no id and no value", async () => {
  const { status, body, headers } = await ask(stage.agent.port, "/metrics", { headers: {} });
  expect(status).toBe(200);
  expect(headers["content-type"]).toContain("text/plain");
  for (const sample of [
    /^rekey_agent_requests_total\{outcome="hit"\S*\} \d+/m,
    /^rekey_agent_requests_total\{outcome="miss"\S*\} \d+/m,
    /^rekey_agent_requests_total\{outcome="refresh"\S*\} \d+/m,
    /^rekey_agent_requests_total\{outcome="bad-token"\S*\} \d+/m,
    /^rekey_agent_connections\S* \d+/m,
    /^rekey_client_reads_stale_total\S* 0/m,
    /^rekey_client_refreshes_total\S* \d+/m,
    /^rekey_client_refreshes_failed_total\S* \d+/m,
    /^rekey_client_age_oldest\S* \d+/m,
    /^rekey_client_secrets\S* \d+/m,
  ])
    expect(body).toMatch(sample);
  expect(body).not.toMatch(/prod|orders|canary|blob/);
});
