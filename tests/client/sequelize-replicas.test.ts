import { inspect } from "node:util";
import { QueryTypes, Sequelize } from "sequelize";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { type EmbeddedPostgres, startPostgres } from "../../local/postgres/embedded-postgres.ts";
import type { Acknowledge, RotatingOptions } from "../../shared/client/pools/rotating-options.ts";
import type { Settings } from "../../shared/client/pools/sequelize/login-settings.ts";
import {
  createRotatingSequelize,
  type RotatingSequelize,
  type RotatingSequelizeOptions,
} from "../../shared/client/pools/sequelize/rotating-sequelize.ts";
import { type FakeSecretClient, fakeSecretClient } from "../../shared/testing/fake-secret-client.ts";
import { settled } from "../support/settled.ts";
import { type StreamingStandby, startStreamingStandby } from "../support/streaming-standby.ts";

const soon = { timeout: 10_000 };
const select = { type: QueryTypes.SELECT } as const;
const [first, second] = [
  { username: "orders_1", password: "first-canary" },
  { username: "orders_2", password: "second-canary" },
];
let primary: EmbeddedPostgres;
let standby: StreamingStandby;
let client: FakeSecretClient;
let sequelize: RotatingSequelize;

const secretOf = (account: typeof first) => ({ ...account, host: primary.host, port: primary.port, ssl: false });
function make(settings: Partial<Settings> = {}, more: Partial<RotatingOptions & RotatingSequelizeOptions> = {}) {
  const options = { dialect: "postgres", logging: false, ...settings } as const;
  sequelize = createRotatingSequelize({
    client,
    secretId: "orders",
    drainTimeoutMs: 2_000,
    ...more,
    sequelize: options,
  });
  return sequelize;
}
const replicated = (): Partial<Settings> => ({
  replication: { write: {}, read: [{ host: "127.0.0.1", port: standby.port }] },
});
interface Where {
  readonly name: string;
  readonly isStandby: boolean;
}
const text = 'SELECT session_user AS name, pg_is_in_recovery() AS "isStandby"';
const where = async (useMaster = false): Promise<Where | undefined> =>
  (await sequelize.query<Where>(text, { ...select, useMaster }))[0];
const rotate = async (): Promise<string> => client.rotate("orders", secretOf(second));

beforeAll(async () => {
  primary = await startPostgres();
  await primary.admin(
    [first, second].map(({ username, password }) => `CREATE USER ${username} PASSWORD '${password}'`).join("; "),
  );
  standby = await startStreamingStandby(primary);
}, 60_000);
afterAll(async () => {
  await standby.stop();
  await primary.stop();
});
beforeEach(() => (client = fakeSecretClient({ orders: secretOf(first) })));
afterEach(async () => {
  await sequelize.close();
  await client.close();
});

test("the writer and the replica follow the secret, user name and password", async () => {
  make(replicated());
  expect(await where()).toEqual({ name: first.username, isStandby: true });
  expect(await where(true)).toEqual({ name: first.username, isStandby: false });
  const versionId = await rotate();
  expect(await where()).toEqual({ name: second.username, isStandby: true });
  expect(await where(true)).toEqual({ name: second.username, isStandby: false });
  expect([sequelize.versionId, sequelize.refusedLogins]).toEqual([versionId, 0]);
});

test("a refused login is made again on each server by the secret as it is now", async () => {
  make(replicated());
  await client.get("orders");
  client.secrets.put("orders", secretOf(second));
  await primary.admin(`ALTER USER ${first.username} PASSWORD 'other'`);
  await standby.caughtUp();
  try {
    expect((await where())?.name).toBe(second.username);
    expect((await where(true))?.name).toBe(second.username);
    expect(sequelize.refusedLogins).toBeGreaterThan(0);
  } finally {
    await primary.admin(`ALTER USER ${first.username} PASSWORD '${first.password}'`);
    await standby.caughtUp();
  }
});

test("a replica that refuses every credential takes nothing from the writer", async () => {
  make({ replication: { write: {}, read: [{ host: "127.0.0.1", port: standby.port, database: "nowhere" }] } });
  const [reading, writing] = await Promise.all([settled(where()), where(true)]);
  expect([reading instanceof Error, writing?.name]).toEqual([true, first.username]);
});

test("a version is acknowledged once no server's connection is of an older one", async () => {
  const acknowledge = vi.fn<Acknowledge>(async () => undefined);
  make(replicated(), { acknowledge });
  await where();
  const transaction = await sequelize.transaction();
  await sequelize.query("SELECT 1", { ...select, transaction });
  acknowledge.mockClear();
  const versionId = await rotate();
  await where();
  expect(acknowledge).not.toHaveBeenCalled();
  await transaction.commit();
  await where(true);
  await expect.poll(() => acknowledge.mock.calls, soon).toEqual([[{ secretId: "orders", versionId }]]);
  await where();
  expect(acknowledge).toHaveBeenCalledTimes(1);
});

test("hooks and a pool's own check are called as ever, with the settings that were given", async () => {
  const validate = vi.fn<() => boolean>(() => true);
  const [before, after] = [vi.fn<(config: object) => void>(), vi.fn<() => void>()];
  make({ database: "template1", pool: { max: 1, validate }, hooks: { beforeConnect: before, afterDisconnect: after } });
  await where();
  const [row] = await sequelize.query<{ name: string }>("SELECT current_database() AS name", select);
  expect([row?.name, validate.mock.calls.length > 0]).toEqual(["template1", true]);
  const connects = before.mock.calls.length;
  await rotate();
  await where();
  expect(before.mock.calls.length).toBe(connects + 1);
  await expect.poll(() => after.mock.calls.length, soon).toBe(connects);
  expect(inspect(before.mock.calls, { depth: 8 })).not.toContain(first.password);
});

test("what is in use past the drain's time is cut where that is asked for", async () => {
  make({}, { drainTimeoutMs: 20, afterDrainTimeout: "destroy" });
  const transaction = await sequelize.transaction();
  const sleeping = settled(sequelize.query("SELECT pg_sleep(30)", { ...select, transaction }));
  await rotate();
  expect(await sleeping).toBeInstanceOf(Error);
  await settled(transaction.rollback());
  expect((await where())?.name).toBe(second.username);
});

test("its least number of connections is made again by the new credential", async () => {
  make({ pool: { min: 2, max: 4 } });
  await where();
  await rotate();
  const open = async (): Promise<number> =>
    (await primary.admin(`SELECT pid FROM pg_stat_activity WHERE usename = '${second.username}'`)).length;
  await where();
  await expect.poll(open, soon).toBeGreaterThanOrEqual(1);
  await sequelize.close();
  await expect.poll(open, soon).toBe(0);
});

test("a class of the service's own is made in place of Sequelize", async () => {
  class Own extends Sequelize {}
  make({}, { Sequelize: Own });
  expect(sequelize).toBeInstanceOf(Own);
  expect((await where())?.name).toBe(first.username);
});

test("nothing that is printed of it holds the password", async () => {
  make();
  const transaction = await sequelize.transaction();
  expect(inspect([sequelize, transaction], { depth: 12 })).not.toContain(first.password);
  await transaction.commit();
});

test("an option of Sequelize in the wrong place is refused", () => {
  expect(() => make({}, { pool: {} } as object)).toThrow(
    expect.objectContaining({ code: "option-invalid", hint: expect.stringContaining("sequelize: { pool }") }),
  );
  make();
});
