import { drizzle } from "drizzle-orm/node-postgres";
import { integer, pgTable, text } from "drizzle-orm/pg-core";
import { createRotatingPool } from "rekey/client/pg";
import { startExample } from "./support/start-example.ts";

await using example = await startExample();
await using pool = createRotatingPool({ client: example.client, secretId: example.secretId, pool: { maxUses: 1 } });

const notes = pgTable("notes", { id: integer().generatedAlwaysAsIdentity(), text: text().notNull() });
const db = drizzle({ client: pool });

await db.transaction(async (transaction) => {
  await transaction.insert(notes).values({ text: "before" });
  await example.rotate();
  await transaction.insert(notes).values({ text: "in the midst" });
});
await db.insert(notes).values({ text: "after" });
console.log((await db.select().from(notes)).map((note) => note.text).join(", "));
console.log(`refused logins: ${pool.refusedLogins}`);
