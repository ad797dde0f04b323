import { knex } from "knex";
import { Model, transaction } from "objection";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { createRotatingPool } from "../../shared/client/pools/pg/rotating-pool.ts";
import { createSecretClient } from "../../shared/client/secret-client.ts";
import { secretsManagerStore } from "../../shared/aws/secrets-manager/secret-store.ts";
import { embeddedStage } from "../support/embedded-stage.ts";
import { queryAllTheTime } from "../support/query-load.ts";

const soon = { timeout: 30_000 };
const embedded = embeddedStage();

class Line extends Model {
  static override tableName = "lines";
  declare id: number;
  declare article: string;
}
class Order extends Model {
  static override tableName = "orders";
  static override relationMappings = {
    lines: { relation: Model.HasManyRelation, modelClass: Line, join: { from: "orders.id", to: "lines.orderId" } },
  };
  declare id: number;
  declare customer: string;
  declare lines?: Line[];
}

beforeAll(async () => {
  await embedded.postgres.admin(`
    CREATE TABLE orders (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer text NOT NULL);
    CREATE TABLE lines (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "orderId" int REFERENCES orders, article text NOT NULL);
    GRANT ALL ON orders, lines TO PUBLIC`);
});

/** Models of Objection over rekey's pool, and rotations of which the client is told. */
async function service() {
  const { stage } = embedded;
  const { id: secretId } = await stage.newSecret({ strategy: "alternating-users", usesAdmin: true });
  const client = createSecretClient({ source: secretsManagerStore(stage.aws.own) });
  const pool = createRotatingPool({ client, secretId, pool: { max: 6, maxUses: 3 } });
  onTestFinished(async () => {
    await pool.end();
    await client.close();
  });
  const db = knex({ client: "pg", connectionPool: pool });
  const rotate = async (): Promise<void> => {
    const versionId = await stage.rotate(secretId);
    client.invalidate(secretId, { atLeast: versionId });
    await expect.poll(async () => (await client.get(secretId)).versionId, soon).toBe(versionId);
    expect(pool.versionId).toBe(versionId);
  };
  return { db, pool, rotate, orders: Order.bindKnex(db) };
}

test(
  "models lose no query over four rotations, and relations are fetched and inserted",
  { timeout: 60_000 },
  async () => {
    const { orders, rotate, pool } = await service();
    const load = queryAllTheTime(async () => {
      const { id } = await orders
        .query()
        .insertGraph({ customer: "load", lines: [{ article: "a" }, { article: "b" }] });
      const found = await orders.query().findById(id).withGraphFetched("lines").throwIfNotFound();
      if (found.lines?.length !== 2) throw new Error("its lines are missing");
    }, 4);
    for (let rotation = 0; rotation < 4; rotation++) {
      const atLeast = load.queries() + 4;
      await expect.poll(load.queries, soon).toBeGreaterThan(atLeast);
      await rotate();
    }
    await load.stop();
    expect([load.failures, pool.refusedLogins]).toEqual([[], 0]);
  },
);

test(
  "a transaction over two rotations commits once, and one that throws leaves nothing",
  { timeout: 60_000 },
  async () => {
    const { orders, rotate, db } = await service();
    await transaction(db, async (under) => {
      await orders.query(under).insert({ customer: "kept" });
      await rotate();
      await orders.query().insert({ customer: "meanwhile" });
      await rotate();
      await orders.query(under).patch({ customer: "kept and changed" }).where({ customer: "kept" });
    });
    const rolledBack = transaction(db, async (under) => {
      await orders.query(under).insert({ customer: "gone" });
      await rotate();
      throw new Error("on purpose");
    });
    await expect(rolledBack).rejects.toThrow("on purpose");
    const kept = await orders.query().select("customer").whereNot({ customer: "load" }).orderBy("id");
    expect(kept.map(({ customer }) => customer)).toEqual(["kept and changed", "meanwhile"]);
  },
);

// Outside of a transaction Knex 3.3 releases a stream's connection twice, which no pool of pg takes.
test("a transaction's stream that is read over two rotations gives every row", { timeout: 60_000 }, async () => {
  const { orders, rotate, db } = await service();
  const customers = Array.from({ length: 300 }, (_none, index) => `stream ${String(index).padStart(3, "0")}`);
  await orders.query().insert(customers.map((customer) => ({ customer })));
  const read: unknown[] = [];
  await transaction(db, async (under) => {
    const ordered = orders.query(under).whereLike("customer", "stream %").orderBy("customer").toKnexQuery();
    for await (const row of ordered.stream({ highWaterMark: 5 })) {
      read.push(Reflect.get(Object(row) as object, "customer"));
      if (read.length === 20 || read.length === 200) await rotate();
    }
  });
  expect(read).toEqual(customers);
});
