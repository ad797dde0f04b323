import { Agent as HttpAgent, get } from "node:http";
import { expect, test } from "vitest";
import { agentStage, type AgentStage, withToken } from "../../support/agent-stage.ts";

const asked = ({ stack }: AgentStage): number =>
  stack.aws.requests.filter(({ operation }) => operation === "GetSecretValue").length;

test("a label that begins with a NUL does not get what is cached of a version by its id", async () => {
  await using stage = await agentStage();
  const { VersionId = "" } = await stage.secrets.createSecret({ Name: "a", SecretString: "canary" });
  expect(await stage.get(`/v1/a?versionId=${VersionId}`)).toMatchObject({ status: 200 });
  expect(await stage.get(`/v1/a?versionStage=%00${VersionId}`)).toMatchObject({
    status: 400,
    body: "invalid versionStage value",
  });
});

test("a label that begins with a NUL does not put its failure in the place of a version by its id", async () => {
  await using stage = await agentStage();
  const { VersionId = "" } = await stage.secrets.createSecret({ Name: "a", SecretString: "x" });
  await stage.get(`/v1/a?versionStage=%00${VersionId}`);
  expect(await stage.get(`/v1/a?versionId=${VersionId}`)).toMatchObject({ status: 200 });
});

test("an id in an odd encoding is refused before the source is asked, and nothing is kept of it", async () => {
  await using stage = await agentStage();
  for (const id of [
    "a%2561",
    "%c0%80a",
    "a%0d%0ab",
    "a%1b[2J",
    "a b",
    "a+b",
    "%ff",
    "a%E2%80%AE",
    "%F0%9F%94%91",
    "a%3Fb",
  ]) {
    const { status } = await stage.get(`/secretsmanager/get?secretId=${id.replace(" ", "%20")}`);
    expect(`${id} ${status}`).toBe(`${id} 400`);
  }
  expect(asked(stage)).toBe(0);
  expect(stage.client.health().secrets).toBe(0);
});

test.each(["secretId=b", "versionStage=AWSCURRENT&versionStage=AWSPREVIOUS", "refreshNow=0&refreshNow=1"])(
  "a parameter that is there twice, which one proxy reads and the agent not, is refused: %s",
  async (repeated) => {
    await using stage = await agentStage();
    await stage.secrets.createSecret({ Name: "a", SecretString: "x" });
    await stage.secrets.createSecret({ Name: "b", SecretString: "y" });
    const answer = await stage.get(`/secretsmanager/get?secretId=a&${repeated}`);
    expect(answer).toMatchObject({ status: 400, body: expect.stringContaining("repeated parameter") });
  },
);

test("version ids and labels of 60 KB, hundreds of them, are refused and take no memory", async () => {
  await using stage = await agentStage();
  await stage.secrets.createSecret({ Name: "a", SecretString: "x" });
  const agent = new HttpAgent({ keepAlive: true, maxSockets: 4 });
  const statusOf = async (path: string): Promise<number> =>
    new Promise((resolve, reject) => {
      const sent = get({ host: "127.0.0.1", port: stage.agent.port, path, headers: withToken, agent }, (answer) =>
        answer.resume().once("end", () => resolve(answer.statusCode ?? 0)),
      );
      sent.once("error", reject);
    });
  try {
    const long = "v".repeat(60_000);
    const paths = Array.from({ length: 200 }, (_, each) => [
      `/v1/a?versionId=${each}${long}`,
      `/v1/a?versionStage=${each}${long}`,
    ]);
    const statuses = await Promise.all(paths.flat().map(statusOf));
    expect(new Set(statuses)).toEqual(new Set([400]));
    expect(stage.client.health()).toMatchObject({ secrets: 0, bytes: 0 });
    expect(asked(stage)).toBe(0);
  } finally {
    agent.destroy();
  }
});
