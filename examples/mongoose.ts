import mongoose from "mongoose";
import { createRotatingClient } from "rekey/client/mongodb";
import { startMongoExample } from "./support/start-server-example.ts";

await using example = await startMongoExample();

// mongoose brings a driver of its own, whose MongoClient is the one that it takes.
await using rotating = await createRotatingClient({
  client: example.client,
  secretId: example.secretId,
  createClient: (url, options) => new mongoose.mongo.MongoClient(url, { ...options, maxPoolSize: 10 }),
});
mongoose.connection.setClient(rotating.mongo);

const Note = mongoose.model("Note", new mongoose.Schema({ text: String }));
await Note.create({ text: "before" });
const cursor = Note.find().cursor({ batchSize: 1 });
await example.rotate();
await Note.create({ text: "in the midst" });
await example.rotate();
await Note.create({ text: "after" });
const first = await cursor.next();
await cursor.close();
const notes = await Note.find({ _id: { $ne: first?._id } }).sort({ _id: 1 });
console.log([first, ...notes].map((note) => note?.text).join(", "));
console.log(`refused logins: ${rotating.refusedLogins}`);
