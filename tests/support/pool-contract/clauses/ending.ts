import { setTimeout as wait } from "node:timers/promises";
import { expect } from "vitest";
import { failureOf, newMark, type PoolSuite, soon } from "../suite.ts";

const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;

/** Looked at without a timer of its own, which `expect.poll` has. */
async function timersLeft(before: number): Promise<number> {
  for (let looked = 0; timers() > before && looked < 500; looked++) await wait(20);
  return timers();
}

/** How it ends. */
export function ending({ test, service, server, sessions, variants: [variant] }: PoolSuite): void {
  test(
    "ended",
    "it ends once, however often it is told to, and leaves no connection, no timer and no caller",
    async () => {
      await using orders = await service(variant);
      const others = new Set(await sessions());
      // One is that of whoever polls.
      const timersBefore = Math.max(1, timers());
      const subject = await orders.open();
      await Promise.all([subject.operate(newMark()), subject.operate(newMark())]);
      await orders.rotate();
      await subject.operate(newMark());
      await Promise.all([subject.close(), subject.close()]);
      await subject.close();
      await expect.poll(async () => (await sessions()).filter((id) => !others.has(id)), soon).toEqual([]);
      expect(await timersLeft(timersBefore)).toBeLessThanOrEqual(timersBefore);
      const mark = newMark();
      expect(await failureOf(async () => subject.operate(mark))).toBeInstanceOf(Error);
      expect(await server().arrived(mark)).toBe(0);
    },
  );

  test("closed-in-time", "its end waits for what is under way no longer than the drain's time", async () => {
    await using orders = await service(variant);
    const others = new Set(await sessions());
    const subject = await orders.open({ drainTimeoutMs: 10 });
    const work = await subject.longWork(newMark());
    await subject.close();
    await work.finish().catch(() => undefined);
    await expect.poll(async () => (await sessions()).filter((id) => !others.has(id)), soon).toEqual([]);
  });
}
