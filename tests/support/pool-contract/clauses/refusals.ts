import { expect } from "vitest";
import { failureOf, newMark, type PoolSuite, printed, soon } from "../suite.ts";

const callers = 8;

/** What a service sees where nobody told its client of a change, so that the server refuses the credential that it has. */
export function refusals({ test, service, server, stage, variants: [variant] }: PoolSuite): void {
  const refused = async (): Promise<number> => stage().server.failedLogins();

  test(
    "current-again",
    "a refused login is followed by AWSCURRENT as it is now, and the operation is run once",
    async () => {
      await using orders = await service(variant);
      await orders.changePassword("AWSCURRENT");
      const before = await refused();
      const mark = newMark();
      await (await orders.open()).operate(mark);
      expect([(await refused()) - before, orders.reads, await server().arrived(mark)]).toEqual([1, ["AWSCURRENT"], 1]);
    },
  );

  test("pending", "a refused login is followed by AWSPENDING, once AWSCURRENT is still the refused one", async () => {
    await using orders = await service(variant);
    await orders.changePassword("AWSPENDING");
    const before = await refused();
    const mark = newMark();
    await (await orders.open()).operate(mark);
    expect([(await refused()) - before, orders.reads, await server().arrived(mark)]).toEqual([
      1,
      ["AWSCURRENT", "AWSPENDING"],
      1,
    ]);
  });

  test(
    "offered-once",
    "a credential that is refused everywhere is offered once, and nothing that is printed holds it",
    async () => {
      await using orders = await service(variant);
      const canary = (await orders.client.get(orders.secretId)).value;
      await orders.changePassword();
      const before = await refused();
      const visible: unknown[] = [];
      const error = await failureOf(async () => {
        const subject = await orders.open();
        visible.push(subject.visible);
        await subject.operate(newMark());
      });
      expect(error).toMatchObject({ code: "credential-refused" });
      expect((await refused()) - before).toBe(1);
      const { password } = JSON.parse(canary.reveal()) as { password: string };
      expect(printed(error, ...visible, ...orders.reported)).not.toContain(password);
    },
  );

  test("burst", `${callers} operations at once that need new connections look for the credential once`, async () => {
    await using orders = await service(variant);
    const subject = await orders.open();
    const work = await subject.longWork(newMark());
    await orders.changePassword("AWSCURRENT");
    const before = await refused();
    const marks = Array.from({ length: callers }, newMark);
    await Promise.all(marks.map(async (mark) => subject.operate(mark)));
    expect(orders.reads.length).toBeLessThanOrEqual(1);
    expect((await refused()) - before).toBeLessThanOrEqual(callers);
    await work.step();
    await work.finish();
    for (const mark of marks) await expect.poll(async () => server().arrived(mark), soon).toBe(1);
  });
}
