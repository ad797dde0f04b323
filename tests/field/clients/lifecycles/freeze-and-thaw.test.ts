import { expect, onTestFinished, test } from "vitest";
import { request, requestAllTheTime } from "../../../support/lifecycles/request-load.ts";
import { startServiceStage } from "../../../support/lifecycles/service-stage.ts";
import { fieldCase, printFieldCases } from "../../field-cases.ts";
import { duringTests } from "../../field-stage.ts";

const stage = duringTests(async () => startServiceStage());
const kind = "lifecycles";
const soon = { timeout: 60_000 };
const connections = 4;
printFieldCases();

/** A service with idle connections. */
async function warmServer(secretId: string, options: Parameters<typeof stage.start>[2] = {}) {
  const service = await stage.startServer("server.ts", secretId, options);
  await using lock = await stage.lockTable();
  const asked = Array.from({ length: connections }, async () => request(service.port));
  await expect.poll(async () => (await stage.connections(secretId)).waiting, soon).toBe(connections);
  await lock.release();
  await Promise.all(asked);
  return service;
}

const failedIn = (answers: readonly { readonly status: unknown }[]): number =>
  answers.filter(({ status }) => status !== 200).length;

test.each([
  [false, true, 2],
  [false, false, 2],
  [true, true, 2],
  // After the second one the first user's password is another one, too. After one it still logs in, so nothing but push
  // moves the pool within the TTL of five minutes.
  [true, false, 1],
])(
  "after a thaw the credential of the rotations meanwhile is in use, and no query fails but on a connection that was cut (alternating: %s, cut: %s, rotations: %s)",
  async (alternating, isCut, rotations) =>
    fieldCase(kind, async () => {
      const secretId = await stage.secret({ alternating });
      const service = await warmServer(secretId);
      service.child.kill("SIGSTOP");
      for (let rotation = 0; rotation < rotations; rotation++) await stage.rotate(secretId);
      const old = await stage.backends(secretId);
      expect(old.length).toBe(connections);
      if (isCut) await stage.cutConnections(secretId);
      service.child.kill("SIGCONT");
      const first = await Promise.all(Array.from({ length: 8 }, async () => request(service.port)));
      expect(failedIn(first)).toBeLessThanOrEqual(isCut ? connections : 0);
      const later = await Promise.all(Array.from({ length: 20 }, async () => request(service.port)));
      expect(failedIn(later)).toBe(0);
      await expect
        .poll(async () => {
          await request(service.port);
          const stillOpen = (await stage.backends(secretId)).filter((pid) => old.includes(pid));
          return { stillOpen, users: await stage.users(secretId) };
        }, soon)
        .toEqual({ stillOpen: [], users: [rotations === 1 ? `${secretId}_clone` : secretId] });
      expect(service.output()).not.toMatch(/credential-refused|password authentication failed/u);
      service.child.kill("SIGTERM");
      expect(await service.ended).toBe(0);
    })(),
);

test(
  "requests that are under way when the process is frozen get their answers after the thaw",
  fieldCase(kind, async () => {
    const secretId = await stage.secret();
    const service = await stage.startServer("server.ts", secretId);
    await using lock = await stage.lockTable();
    const underWay = Array.from({ length: connections }, async () => request(service.port));
    await expect.poll(async () => (await stage.connections(secretId)).waiting, soon).toBe(connections);
    service.child.kill("SIGSTOP");
    await stage.rotate(secretId);
    await lock.release();
    service.child.kill("SIGCONT");
    expect(failedIn(await Promise.all(underWay))).toBe(0);
    service.child.kill("SIGTERM");
    expect({ end: await service.ended, printed: service.output() }).toEqual({ end: 0, printed: "" });
  }),
);

test(
  "a service under load that is frozen again and again, with a rotation each time, loses no query",
  { timeout: 60_000 },
  fieldCase(kind, async () => {
    const secretId = await stage.secret();
    const service = await stage.startServer("server.ts", secretId);
    const load = requestAllTheTime(service.port, 4);
    onTestFinished(async () => load.stop());
    for (let freeze = 0; freeze < 4; freeze++) {
      await load.more(20);
      service.child.kill("SIGSTOP");
      await stage.rotate(secretId);
      service.child.kill("SIGCONT");
    }
    await load.more(20);
    await load.stop();
    expect(failedIn(load.answers)).toBe(0);
    service.child.kill("SIGTERM");
    expect({ end: await service.ended, printed: service.output() }).toEqual({ end: 0, printed: "" });
  }),
);
