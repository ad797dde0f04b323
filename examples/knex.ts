import knex from "knex";
import { createRotatingPool } from "rekey/client/pg";
import { startExample } from "./support/start-example.ts";

await using example = await startExample();
// Knex leaves the end of a pool that it was given to its owner.
await using pool = createRotatingPool({ client: example.client, secretId: example.secretId, pool: { maxUses: 1 } });
const db = knex({ client: "pg", connectionPool: pool });

await db.transaction(async (transaction) => {
  await transaction("notes").insert({ text: "before" });
  await example.rotate();
  await transaction("notes").insert({ text: "in the midst" });
});
await db("notes").insert({ text: "after" });
const notes: readonly { readonly text: string }[] = await db("notes").select("text").orderBy("id");
console.log(notes.map((note) => note.text).join(", "));
console.log(`refused logins: ${pool.refusedLogins}`);
