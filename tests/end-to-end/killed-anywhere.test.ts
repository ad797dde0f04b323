import { afterAll, beforeAll, expect, test } from "vitest";
import { type RotationStage, startRotationStage, type Strategy } from "../support/rotation-stage.ts";
import type { WireFault } from "../support/wire.ts";

let stage: RotationStage;

beforeAll(async () => {
  stage = await startRotationStage();
});
afterAll(async () => stage.stop());

const outcomeOf = async (secretId: string, versionId: string) => ({
  labels: (await stage.labels(secretId))[versionId],
  logsIn: await stage.logsIn(secretId, "AWSCURRENT"),
  lockOuts: stage.lockOuts,
  published: stage.events.some(({ detail }) => JSON.stringify(detail).includes(versionId)),
});
const converged = { labels: ["AWSCURRENT"], logsIn: true, lockOuts: [], published: true };

test.each<[Strategy]>([["single-user"], ["alternating-users"]])(
  "a rotation (%s) broken at any message to Secrets Manager, PostgreSQL or EventBridge converges when it is repeated",
  { timeout: 600_000 },
  async (strategy) => {
    stage.wire.arm({ at: -1, fault: "refuse", kills: false });
    const healthy = await stage.createSecret(strategy);
    expect(await outcomeOf(healthy, await stage.rotate(healthy))).toEqual(converged);
    const messages = stage.wire.count;
    expect(messages).toBeGreaterThan(20);

    let tried = 0;
    for (const fault of ["refuse", "cut"] as const satisfies readonly WireFault[]) {
      for (const kills of [true, false]) {
        for (let at = 1; at <= messages; at++) {
          const secretId = await stage.createSecret(strategy);
          stage.wire.arm({ at, fault, kills });
          const versionId = await stage.rotate(secretId);
          const context = { strategy, fault, kills, at };
          expect({ ...context, ...(await outcomeOf(secretId, versionId)) }).toEqual({ ...context, ...converged });
          if (stage.wire.struck) tried++;
        }
      }
    }
    expect(tried).toBe(messages * 4);
    process.stdout.write(
      `${strategy}: ${messages} messages in a rotation, ${tried} fault points tried, all converged\n`,
    );
  },
);
