import { expect } from "vitest";
import { variantName } from "../../../../shared/testing/engine-contract/fixture.ts";
import { queryAllTheTime } from "../../query-load.ts";
import { newMark, type PoolSuite, soon } from "../suite.ts";

const rotations = 4;
const callers = 4;

/** What a service sees of rotations of which its client is told, with each strategy. */
export function rotationsOf({ test, service, server, sessions, variants }: PoolSuite): void {
  for (const variant of variants) {
    const how = `${variantName(variant)}${variant.usesAdmin ? ", by an admin" : ""}`;

    test("new-credential", `new work after a rotation is the new credential's (${how})`, async () => {
      await using orders = await service(variant);
      const subject = await orders.open();
      const before = await subject.operate(newMark());
      expect([undefined, await orders.username()]).toContain(before);
      for (let rotation = 0; rotation < 2; rotation++) {
        const versionId = await orders.rotate();
        await expect.poll(() => subject.versionId, soon).toBe(versionId);
        const username = await subject.operate(newMark());
        expect([undefined, await orders.username()]).toContain(username);
      }
    });

    test(
      "work-under-way",
      `what is under way over two rotations is not cut, and ends with its result (${how})`,
      async () => {
        await using orders = await service(variant);
        const subject = await orders.open();
        const mark = newMark();
        const work = await subject.longWork(mark);
        for (let rotation = 0; rotation < 2; rotation++) {
          const versionId = await orders.rotate();
          await subject.operate(newMark());
          await expect.poll(() => subject.versionId, soon).toBe(versionId);
          await work.step();
        }
        await work.finish();
        expect(await server().arrived(mark)).toBe(1);
      },
    );

    test(
      "several-rotations",
      `no operation fails or runs twice over ${rotations} rotations in a row (${how})`,
      async () => {
        await using orders = await service(variant);
        const subject = await orders.open();
        const marks: string[] = [];
        const load = queryAllTheTime(async () => {
          const mark = newMark();
          marks.push(mark);
          await subject.operate(mark);
        }, callers);
        for (let rotation = 0; rotation < rotations; rotation++) {
          const atLeast = load.queries() + callers;
          await expect.poll(load.queries, soon).toBeGreaterThan(atLeast);
          const versionId = await orders.rotate();
          await expect.poll(() => subject.versionId, soon).toBe(versionId);
        }
        await load.stop();
        expect(load.failures).toEqual([]);
        const sample = marks.slice(-20);
        expect(await Promise.all(sample.map(async (mark) => server().arrived(mark)))).toEqual(sample.map(() => 1));
      },
    );

    test("drained", `the connections of before a rotation are closed once their work is done (${how})`, async () => {
      await using orders = await service(variant);
      const others = new Set(await sessions());
      const subject = await orders.open();
      const work = await subject.longWork(newMark());
      await subject.operate(newMark());
      const before = (await sessions()).filter((id) => !others.has(id));
      expect(before.length).toBeGreaterThan(0);
      await orders.rotate();
      await subject.operate(newMark());
      await work.step();
      await work.finish();
      await expect.poll(async () => (await sessions()).filter((id) => before.includes(id)), soon).toEqual([]);
      await subject.operate(newMark());
    });
  }
}
