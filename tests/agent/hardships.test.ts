import { Agent as HttpAgent, get } from "node:http";
import { connect as openSocket } from "node:net";
import { expect, test } from "vitest";
import { AwsError } from "../../local/aws/service.ts";
import { type ManualClock, manualClock } from "../../shared/testing/manual-clock.ts";
import { type AgentAnswer, agentStage, ask, withToken } from "../support/agent-stage.ts";

/** The client waits on its clock between its tries. */
async function answered(clock: ManualClock, asking: Promise<AgentAnswer>): Promise<AgentAnswer> {
  let isOpen = true;
  const settled = asking.finally(() => (isOpen = false));
  while (isOpen) await clock.advance(100);
  return settled;
}

test("while Secrets Manager is down the value is served within its bound, and then an error of AWS's shape", async () => {
  const clock = manualClock();
  await using stage = await agentStage({}, { clock, ttlMs: 60_000, maxStaleMs: 600_000, background: false });
  await stage.secrets.createSecret({ Name: "a", SecretString: "kept" });
  await stage.get("/v1/a");
  const down = stage.stack.aws.faults.inject({ kind: "refuse", service: "secretsmanager" });
  await clock.advance(300_000);
  const stale = await answered(clock, stage.get("/v1/a"));
  expect(JSON.parse(stale.body)).toMatchObject({ SecretString: "kept" });
  expect(await stage.metric("rekey_client_reads_stale_total")).toBeGreaterThan(0);
  await clock.advance(700_000);
  expect(await answered(clock, stage.get("/v1/a"))).toMatchObject({
    status: 502,
    body: '{"__type":"ConnectionError","message":"Read Error"}',
  });
  down.remove();
  await clock.advance(60_000);
  expect(await stage.get("/v1/a")).toMatchObject({ status: 200 });
});

test("refreshNow gives what is held while Secrets Manager throttles, and says so of what is not held", async () => {
  await using stage = await agentStage();
  await stage.secrets.createSecret({ Name: "a", SecretString: "kept" });
  await stage.get("/v1/a");
  stage.stack.aws.faults.inject({ kind: "throttle", service: "secretsmanager" });
  expect(await stage.get("/v1/a?refreshNow=true")).toMatchObject({ status: 200 });
  const other = await stage.get("/v1/b");
  expect(other).toMatchObject({ status: 400, body: expect.stringContaining("ThrottlingException") });
  expect(await stage.get("/v1/b")).toMatchObject({ headers: { "retry-after": expect.stringMatching(/^\d+$/) } });
});

test.each([
  ["AccessDeniedException", 400, "AccessDeniedException"],
  ["DecryptionFailure", 400, "AccessDeniedException"],
  ["InvalidRequestException", 400, "InvalidRequestException"],
  ["InternalServiceError", 500, "ConnectionError"],
])("Secrets Manager's %s is told in the same shape, and not in its words", async (name, status, type) => {
  await using stage = await agentStage();
  const error = new AwsError(name, "canary-words", status);
  stage.stack.aws.faults.inject({ kind: "error", error, service: "secretsmanager" });
  const { body } = await stage.get("/v1/a");
  expect(JSON.parse(body)).toMatchObject({ __type: type });
  expect(body).not.toContain("canary");
});

test("a source that is silent is a time-out", async () => {
  await using stage = await agentStage({}, { requestTimeoutMs: 50 });
  stage.stack.aws.faults.inject({ kind: "delay", operation: "GetSecretValue", delayMs: 1_000 });
  expect(await stage.get("/v1/a")).toMatchObject({
    status: 504,
    body: '{"__type":"TimeoutError","message":"Timeout"}',
  });
});

test("once a newer version was announced the older one waits for the lag budget, and then Secrets Manager is believed", async () => {
  const clock = manualClock();
  await using stage = await agentStage({}, { clock });
  await stage.secrets.createSecret({ Name: "a", SecretString: "kept" });
  await stage.get("/v1/a");
  stage.client.invalidate("a", { atLeast: "00000000-0000-4000-8000-000000000000" });
  expect(stage.client.peek("a")).toBeUndefined();
  expect(await answered(clock, stage.get("/v1/a"))).toMatchObject({ status: 200 });
  expect(stage.client.peek("a")).toBeDefined();
});

const connect = async (agent: HttpAgent, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    get({ host: "127.0.0.1", port, path: "/v1/a", headers: withToken, agent }, (answer) => {
      answer.resume().once("end", () => resolve(answer.statusCode ?? 0));
    }).once("error", reject);
  });

test("beyond the most connections requests get 429, those before go on, and a health check still comes through", async () => {
  await using stage = await agentStage({ maxConnections: 3 });
  await stage.secrets.createSecret({ Name: "a", SecretString: "x" });
  const keeping = new HttpAgent({ keepAlive: true });
  try {
    await Promise.all([1, 2, 3].map(async () => connect(keeping, stage.agent.port)));
    expect(stage.agent.connections).toBe(3);
    const surplus = openSocket({ host: "127.0.0.1", port: stage.agent.port });
    await expect.poll(() => stage.agent.connections).toBe(4);
    expect(await connect(keeping, stage.agent.port)).toBe(200);
    surplus.destroy();
    await expect.poll(() => stage.agent.connections).toBe(3);
    expect(await stage.get("/v1/a")).toMatchObject({ status: 429, body: "Connection limit exceeded" });
    expect(await ask(stage.agent.port, "/ping", { headers: {} })).toMatchObject({ status: 200 });
  } finally {
    keeping.destroy();
  }
  await expect.poll(() => stage.agent.connections).toBe(0);
  expect(await stage.get("/v1/a")).toMatchObject({ status: 200 });
});

test("at the end a request under way gets its answer, and no new connection is taken", async () => {
  await using stage = await agentStage();
  await stage.secrets.createSecret({ Name: "slow", SecretString: "x" });
  const delay = stage.stack.aws.faults.inject({ kind: "delay", operation: "GetSecretValue", delayMs: 300 });
  const underWay = stage.get("/v1/slow");
  await expect.poll(() => delay.matched).toBe(1);
  const stopped = stage.agent.stop();
  await expect(ask(stage.agent.port, "/ping")).rejects.toMatchObject({ code: "ECONNREFUSED" });
  expect(await underWay).toMatchObject({ status: 200, headers: { connection: "close" } });
  await stopped;
});

test("a request that hangs longer than the drain time-out is cut off", async () => {
  await using stage = await agentStage({ drainTimeoutMs: 1 });
  await stage.secrets.createSecret({ Name: "slow", SecretString: "x" });
  const delay = stage.stack.aws.faults.inject({ kind: "delay", operation: "GetSecretValue", delayMs: 1_000 });
  const underWay = stage.get("/v1/slow").catch((error: unknown) => error);
  await expect.poll(() => delay.matched).toBe(1);
  await stage.agent.stop();
  expect(await underWay).toMatchObject({ code: "ECONNRESET" });
});

test("the listener for probes and scrapers gives no secret, with the token or without", async () => {
  await using stage = await agentStage({ metricsListener: { address: "127.0.0.1", port: 0 } });
  await stage.secrets.createSecret({ Name: "a", SecretString: "x" });
  const port = stage.agent.metricsPort ?? 0;
  const headers = { Host: "10.1.2.3" };
  expect(await ask(port, "/ping", { headers })).toMatchObject({ status: 200 });
  expect(await ask(port, "/metrics", { headers })).toMatchObject({ status: 200 });
  expect(await ask(port, "/v1/a")).toMatchObject({ status: 404 });
});

test.each([
  [{ address: "0.0.0.0" }, "address"],
  [{ address: "128.0.0.1" }, "address"],
  [{ address: "localhost.example" }, "address"],
  [{ port: 70_000 }, "port"],
  [{ maxConnections: 0 }, "maxConnections"],
  [{ pathPrefix: "v1" }, "pathPrefix"],
])("the agent does not start with %j", async (options, option) => {
  await expect(agentStage(options)).rejects.toMatchObject({ code: "option-invalid", context: { option } });
});

test("a fault in one request is that request's answer, and the next one is served", async () => {
  await using stage = await agentStage();
  await stage.secrets.createSecret({ Name: "a", SecretString: "x" });
  const { peek } = stage.client;
  Object.assign(stage.client, {
    peek: () => {
      throw new TypeError("canary-words");
    },
  });
  expect(await stage.get("/v1/a")).toMatchObject({ status: 500, body: '{"__type":"InternalFailure"}' });
  Object.assign(stage.client, { peek });
  expect(await stage.get("/v1/a")).toMatchObject({ status: 200 });
  expect(await stage.metric("rekey_agent_requests_total")).toBeGreaterThan(0);
});
