import { afterAll, beforeAll, expect, test } from "vitest";
import { type AwsFront, startAwsFront } from "../../local/aws/front.ts";
import { type Clock, movableClock } from "../../local/clock.ts";
import { createSecretsManager } from "../../local/secrets-manager/service.ts";
import { replaySecretsManagerVectors, scenarioIds } from "./secrets-manager-vectors.ts";

const accountId = "123456789012";
const lambdaArn = `arn:aws:lambda:us-east-1:${accountId}:function:no-op`;

let clock: Clock;
let front: AwsFront;

beforeAll(async () => {
  clock = movableClock();
  const functions = {
    mayInvoke: (functionArn: string) => functionArn === lambdaArn,
    invoke: async () => ({ ok: true, payload: null }) as const,
  };
  front = await startAwsFront({ accountId, services: [createSecretsManager({ clock, accountId, functions })] });
});
afterAll(async () => {
  clock.stop();
  await front.stop();
});

let replayed = 0;

test.each(scenarioIds)("answers as AWS does: %s", async (scenario) => {
  const results = await replaySecretsManagerVectors({ endpoint: front.endpoint, lambdaArn, scenarios: [scenario] });
  replayed += results.length;
  expect(results.filter(({ problem }) => problem !== undefined)).toEqual([]);
});

test("no recorded step was left out", () => {
  expect(replayed).toBe(221);
});
