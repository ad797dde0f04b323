import { once } from "node:events";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { createSecretClient } from "../../../shared/client/secret-client.ts";
import type { SecretSource } from "../../../shared/client/sources/secret-source.ts";
import { SecretValue } from "../../../shared/secrets/secret-value.ts";

/** The main thread spends its budget for requests, and posts a value to a thread that has spent nothing of its own. */
const value = new SecretValue("of-this-canary");
const source: SecretSource = { read: async () => ({ versionId: "v1", value }) };
const client = createSecretClient({ source });

if (isMainThread) {
  await Promise.all(Array.from({ length: 199 }, async (_, id) => client.get(`secret-${id}`)));
  // Before it has filled up again, by 100 a second.
  const leftInMain = client.health().requestsLeft;
  const thread = new Worker(new URL(import.meta.url));
  thread.postMessage(value);
  const [inThread] = (await once(thread, "message")) as [object];
  process.stdout.write(JSON.stringify({ leftInMain, ...inThread }));
} else {
  parentPort?.once("message", (posted: unknown) => {
    parentPort?.postMessage({ leftInThread: client.health().requestsLeft, posted });
  });
}
