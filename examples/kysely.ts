import { type Generated, Kysely, PostgresDialect } from "kysely";
import { createRotatingPool } from "rekey/client/pg";
import { startExample } from "./support/start-example.ts";

interface Database {
  notes: { id: Generated<number>; text: string };
}

await using example = await startExample();
const pool = createRotatingPool({ client: example.client, secretId: example.secretId, pool: { maxUses: 1 } });
// It ends the pool when it is disposed.
await using db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });

await db.transaction().execute(async (transaction) => {
  await transaction.insertInto("notes").values({ text: "before" }).execute();
  await example.rotate();
  await transaction.insertInto("notes").values({ text: "in the midst" }).execute();
});
await db.insertInto("notes").values({ text: "after" }).execute();
const notes = await db.selectFrom("notes").select("text").execute();
console.log(notes.map((note) => note.text).join(", "));
console.log(`refused logins: ${pool.refusedLogins}`);
