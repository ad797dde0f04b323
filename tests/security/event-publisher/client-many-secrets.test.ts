import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { requestBudget } from "../../../shared/client/cache/request-budget.ts";
import { manualClock } from "../../../shared/testing/manual-clock.ts";
import { misledClient } from "../../support/misled-client.ts";

const flooded = Array.from({ length: 300 }, (_item, index) => `flooded-${index}`);

test("a flood of events over many secrets stays within the budget for requests, and starves no read of another secret", async () => {
  const clock = manualClock();
  const perSecond = 100;
  const burst = 200;
  const budget = requestBudget({ requestsPerSecond: perSecond, burst, whenSpent: "wait" }, clock);
  const stage = misledClient({ clock, budget });
  const others = Array.from({ length: 60 }, (_item, index) => `other-${index}`);
  for (const id of [...flooded, ...others]) stage.secrets.put(id, "value");
  for (const id of flooded) {
    const reading = stage.client.get(id);
    await clock.advance(10);
    await reading;
  }
  await clock.advance(10_000);
  const before = stage.askedAtMs.length;
  const startedAtMs = clock.nowMs();
  const waits: number[] = [];
  let failures = 0;
  for (const other of others) {
    for (const secretArn of flooded) stage.hear({ secretArn, versionId: randomUUID() });
    for (const id of flooded.slice(0, 50)) stage.client.get(id).catch(() => failures++);
    const askedAtMs = clock.nowMs();
    stage.client.get(other).then(
      () => waits.push(clock.nowMs() - askedAtMs),
      () => failures++,
    );
    await clock.advance(100);
  }
  await clock.advance(5_000);
  expect(failures).toBe(0);
  expect(waits).toHaveLength(others.length);
  expect(Math.max(...waits)).toBeLessThan(500);
  const passedSeconds = (clock.nowMs() - startedAtMs) / 1_000;
  expect(stage.askedAtMs.length - before).toBeLessThanOrEqual(burst + passedSeconds * perSecond);
});
