import { createRotatingSequelize } from "rekey/client/sequelize";
import { DataTypes } from "sequelize";
import { startExample } from "./support/start-example.ts";

await using example = await startExample();
await using sequelize = createRotatingSequelize({
  client: example.client,
  secretId: example.secretId,
  sequelize: { dialect: "postgres", logging: false },
});

const Note = sequelize.define(
  "Note",
  { id: { type: DataTypes.INTEGER, primaryKey: true, autoIncrement: true }, text: DataTypes.TEXT },
  { tableName: "notes", timestamps: false },
);

await sequelize.transaction(async (transaction) => {
  await Note.create({ text: "before" }, { transaction });
  await example.rotate();
  await Note.create({ text: "in the midst" }, { transaction });
  // On a connection of its own, which logs in now.
  await Note.create({ text: "after" });
});
const notes = await Note.findAll({ order: ["id"] });
console.log(notes.map((note) => String(note.get("text"))).join(", "));
console.log(`refused logins: ${sequelize.refusedLogins}`);
