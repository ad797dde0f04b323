import pg from "pg";
import { createRotatingPool, type RotatingPool } from "rekey/client/pg";
import { DataSource, EntitySchema } from "typeorm";
import { startExample } from "./support/start-example.ts";

const Note = new EntitySchema<{ id?: number; text: string }>({
  name: "Note",
  tableName: "notes",
  columns: { id: { type: "int", primary: true, generated: "increment" }, text: { type: "text" } },
});

await using example = await startExample();

// TypeORM takes no pool. It takes a driver, whose `Pool` it makes with `poolSize` as `max` and with what is in `extra`. The
// source names no url, host or user, since the secret says them. Reading from replicas is beyond this.
let pool: RotatingPool | undefined;
function Pool({ max = 10 }: pg.PoolConfig): RotatingPool {
  return (pool = createRotatingPool({
    client: example.client,
    secretId: example.secretId,
    pool: { max, maxUses: 1 },
  }));
}
const source = new DataSource({ type: "postgres", driver: { ...pg, Pool }, entities: [Note] });
await source.initialize();

await source.transaction(async (manager) => {
  await manager.insert(Note, { text: "before" });
  await example.rotate();
  await manager.insert(Note, { text: "in the midst" });
});
await source.getRepository(Note).insert({ text: "after" });
const notes = await source.getRepository(Note).find({ order: { id: "ASC" } });
console.log(notes.map((note) => note.text).join(", "));
console.log(`refused logins: ${pool?.refusedLogins}`);
await source.destroy();
