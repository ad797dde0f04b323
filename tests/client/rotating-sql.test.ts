import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createRotatingSql } from "../../shared/client/pools/postgres/rotating-sql.ts";
import type { RotatingOptions } from "../../shared/client/pools/rotating-options.ts";
import { createSecretClient } from "../../shared/client/secret-client.ts";
import { secretsManagerStore } from "../../shared/aws/secrets-manager/secret-store.ts";
import type { Variant } from "../../shared/testing/engine-contract/fixture.ts";
import { embeddedStage } from "../support/embedded-stage.ts";

const alternating: Variant = { strategy: "alternating-users", usesAdmin: true };
const soon = { timeout: 30_000 };
const embedded = embeddedStage();

async function rotating(settings: object = {}, more: Partial<RotatingOptions> = {}) {
  const { id: secretId } = await embedded.stage.newSecret(alternating);
  const client = createSecretClient({ source: secretsManagerStore(embedded.stage.aws.own) });
  const sql = createRotatingSql({ ...more, client, secretId, postgres: settings });
  onTestFinished(async () => {
    await sql.end({ timeout: 0 });
    await client.close();
  });
  async function rotate(): Promise<string> {
    const versionId = await embedded.stage.rotate(secretId);
    client.invalidate(secretId, { atLeast: versionId });
    await client.get(secretId);
    return versionId;
  }
  return { sql, rotate };
}

test("it is the driver's Sql: fragments, helpers, types, files, cursors, streams, values and errors", async () => {
  const { sql, rotate } = await rotating({ types: { double: { to: 23, from: [], serialize: String, parse: Number } } });
  for (const _ of ["before", "after"]) {
    const condition = sql`n > ${2}`;
    expect(await sql`SELECT n FROM generate_series(1, 4) AS n WHERE ${condition}`.values()).toEqual([[3], [4]]);
    expect(await sql`SELECT ${sql("n")} FROM generate_series(1, 2) AS n`).toMatchObject([{ n: 1 }, { n: 2 }]);
    const [row] =
      await sql`SELECT ${sql.json({ a: 1 })}::jsonb AS a, ${sql.array([1, 2])}::int[] AS b, ${sql.typed(7, 23)} AS c`;
    expect(row).toEqual({ a: { a: 1 }, b: [1, 2], c: 7 });
    const batches: unknown[] = [];
    for await (const batch of sql`SELECT n FROM generate_series(1, 5) AS n`.cursor(2)) batches.push(batch.length);
    expect(batches).toEqual([2, 2, 1]);
    let sum = 0;
    await sql`SELECT n FROM generate_series(1, 3) AS n`.forEach(({ n }) => void (sum += Number(n)));
    expect(sum).toBe(6);
    await expect(sql`SELECT 1 / 0`).rejects.toMatchObject({ code: "22012", name: "PostgresError" });
    await expect(sql`SELECT 1`.describe()).resolves.toMatchObject({ columns: [{}] });
    await rotate();
  }
  const folder = await mkdtemp(path.join(tmpdir(), "rekey-sql-"));
  onTestFinished(async () => rm(folder, { recursive: true }));
  await writeFile(path.join(folder, "answer.sql"), "SELECT $1::int AS answer");
  expect(await sql.file(path.join(folder, "answer.sql"), [42])).toMatchObject([{ answer: 42 }]);
  await expect(sql.file(path.join(folder, "missing.sql"))).rejects.toMatchObject({ code: "ENOENT" });
});

test("a query is canceled before and after it was sent", async () => {
  const { sql } = await rotating();
  const early = sql`SELECT pg_sleep(60)`.execute();
  const late = sql`SELECT pg_sleep(60)`.execute();
  early.cancel();
  await expect(early).rejects.toMatchObject({ code: "57014" });
  await expect
    .poll(async () => embedded.postgres.admin("SELECT FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)'"), soon)
    .toHaveLength(1);
  late.cancel();
  await expect(late).rejects.toMatchObject({ code: "57014" });
});

test("a cursor, a reserved connection and a savepoint go on over rotations, and their connections close behind them", async () => {
  const { sql, rotate } = await rotating({ fetch_types: false });
  const drained: string[] = [];
  sql.onDrained((versionId) => drained.push(versionId));
  const reserved = await sql.reserve();
  const first = sql.versionId;
  await reserved`SET application_name = 'held'`;
  const cursor = sql`SELECT n FROM generate_series(1, 3) AS n`.cursor(1)[Symbol.asyncIterator]();
  await cursor.next();
  const result = await sql.begin("read only", async (transaction) => {
    await rotate();
    expect(sql.versionId).not.toBe(first);
    return transaction.savepoint(async (inner) => inner`SELECT current_setting('transaction_read_only') AS mode`);
  });
  expect(result).toMatchObject([{ mode: "on" }]);
  const rest: unknown[] = [];
  for (let next = await cursor.next(); next.done !== true; next = await cursor.next()) rest.push(next.value[0]?.["n"]);
  expect(rest).toEqual([2, 3]);
  expect(await reserved`SELECT current_setting('application_name') AS name`).toMatchObject([{ name: "held" }]);
  expect(drained).toEqual([]);
  reserved.release();
  await expect.poll(() => drained, soon).toEqual([first]);
});

test("a large object is written and read, and the error of one that is not there is its own", async () => {
  const { sql } = await rotating();
  const missing = sql.largeObject(1).catch((error: unknown) => error);
  const written = await sql.largeObject();
  expect(await missing).toMatchObject({ code: "42704" });
  await written.write(Buffer.from("kept"));
  await written.seek(0);
  expect(await written.read(4)).toMatchObject([{ data: Buffer.from("kept") }]);
  await written.close();
});

test("an error of the service ends its transaction, and is its own", async () => {
  const { sql } = await rotating();
  const own = new Error("of the service");
  await expect(
    sql.begin(async () => {
      throw own;
    }),
  ).rejects.toBe(own);
  await expect(sql`SELECT 1`).resolves.toHaveLength(1);
});

test("each notification is heard once over rotations, and again after the connection that listens was cut", async () => {
  const { sql, rotate } = await rotating();
  const heard: number[] = [];
  let listens = 0;
  const { unlisten } = await sql.listen(
    'Or"ders',
    (payload) => heard.push(Number(payload)),
    () => void listens++,
  );
  let sent = 0;
  let isSending = true;
  const sending = (async () => {
    while (isSending) await embedded.postgres.admin("SELECT pg_notify($1, $2)", ['Or"ders', String(sent++)]);
  })();
  for (let rotation = 0; rotation < 3; rotation++) {
    const before = sent;
    await rotate();
    await expect.poll(() => sent, soon).toBeGreaterThan(before + 3);
  }
  isSending = false;
  await sending;
  await sql.notify('Or"ders', String(sent++));
  await expect.poll(() => heard.at(-1), soon).toBe(sent - 1);
  expect(heard).toEqual(Array.from({ length: sent }, (_, number) => number));
  expect(listens).toBe(1);
  await embedded.postgres.admin(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' OR query LIKE '%pg_notify%' AND pid <> pg_backend_pid()",
  );
  await expect.poll(() => listens, soon).toBe(2);
  await sql.notify('Or"ders', "-1");
  await expect.poll(() => heard.at(-1), soon).toBe(-1);
  await unlisten();
  await sql.notify('Or"ders', "-2");
  await expect(sql`SELECT 1`).resolves.toHaveLength(1);
  expect(heard.at(-1)).toBe(-1);
});

test("logical replication is refused, and what is under way is cut where `end` is told to", async () => {
  const { sql } = await rotating();
  await expect(sql.subscribe("*", () => undefined)).rejects.toMatchObject({ code: "option-invalid" });
  const sleeping = sql`SELECT pg_sleep(60)`.execute();
  await expect
    .poll(async () => embedded.postgres.admin("SELECT FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)'"), soon)
    .toHaveLength(1);
  const cut = sleeping.catch((error: unknown) => error);
  await sql.end({ timeout: 0 });
  expect(await cut).toMatchObject({ code: "CONNECTION_DESTROYED" });
  await expect(sql`SELECT 1`).rejects.toMatchObject({ code: "pool-closed" });
});
