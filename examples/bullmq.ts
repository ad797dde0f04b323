import { Queue, Worker } from "bullmq";
import { Redis } from "ioredis";
import { createRotatingRedis } from "rekey/client/ioredis";
import { startRedisExample } from "./support/start-server-example.ts";

await using example = await startRedisExample();

// BullMQ wants null, and makes duplicates of the connection for what blocks; they rotate as well.
await using rotating = await createRotatingRedis({
  client: example.client,
  secretId: example.secretId,
  createClient: (login) => new Redis({ ...login, maxRetriesPerRequest: null }),
});
const { redis: connection } = rotating;
const sent: string[] = [];
const queue = new Queue<{ text: string }>("notes", { connection });
const worker = new Worker<{ text: string }>("notes", async ({ data }) => void sent.push(data.text), { connection });
const done = new Promise<void>((resolve) => worker.on("completed", () => sent.length === 3 && resolve()));

await queue.add("note", { text: "before" });
await example.rotate();
await queue.add("note", { text: "in the midst" });
await example.rotate();
await queue.add("note", { text: "after" });
await done;
console.log(sent.join(", "));
console.log(`refused logins: ${rotating.refusedLogins}`);
await worker.close();
await queue.close();
