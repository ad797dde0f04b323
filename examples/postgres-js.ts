import { createRotatingSql } from "rekey/client/postgres";
import { startExample } from "./support/start-example.ts";

await using example = await startExample();
// It ends the connections when it is disposed.
await using sql = createRotatingSql({ client: example.client, secretId: example.secretId });

await sql.begin(async (transaction) => {
  await transaction`INSERT INTO notes (text) VALUES ('before')`;
  await example.rotate();
  await transaction`INSERT INTO notes (text) VALUES ('in the midst')`;
  // On a connection of its own, which the server refuses by the password before.
  await sql`INSERT INTO notes (text) VALUES ('after')`;
});
const notes = await sql<{ text: string }[]>`SELECT text FROM notes ORDER BY id`;
console.log(notes.map((note) => note.text).join(", "));
console.log(`refused logins: ${sql.refusedLogins}`);
