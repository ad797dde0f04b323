import { expect, test } from "vitest";
import { requestBudget } from "../../../shared/client/cache/request-budget.ts";
import { agentStage } from "../../support/agent-stage.ts";

const invented = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, each) => `/v1/invented-${each}`);

test("invented ids, more than the agent keeps, do not drive a secret that is in use out of it", async () => {
  await using stage = await agentStage({}, { maxSecrets: 20 });
  await stage.secrets.createSecret({ Name: "used", SecretString: "x" });
  await stage.get("/v1/used");
  await Promise.all(invented(100).map(stage.get));
  stage.stack.aws.faults.inject({ kind: "refuse", service: "secretsmanager" });
  expect(await stage.get("/v1/used")).toMatchObject({ status: 200 });
});

test("a flood of invented ids leaves requests for the new version of a secret that is in use", async () => {
  const budget = requestBudget({ requestsPerSecond: 0.05, burst: 20, whenSpent: "wait" });
  await using stage = await agentStage({ newReadsPerSecond: 1 }, { budget });
  await stage.secrets.createSecret({ Name: "used", SecretString: "replaced" });
  await stage.get("/v1/used");
  await Promise.all(invented(60).map(stage.get));
  const { VersionId = "" } = await stage.secrets.putSecretValue({ SecretId: "used", SecretString: "new" });
  stage.client.invalidate("used", { atLeast: VersionId });
  expect(await stage.get("/v1/used")).toMatchObject({ status: 200, body: expect.stringContaining(VersionId) });
});
