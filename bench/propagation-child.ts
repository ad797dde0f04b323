import { setTimeout as wait } from "node:timers/promises";
import { Agent } from "node:http";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SNSClient } from "@aws-sdk/client-sns";
import { SQSClient } from "@aws-sdk/client-sqs";
import { sqsSource } from "../shared/client/invalidation/sqs-source.ts";
import { createSubscriberQueue } from "../shared/client/invalidation/subscriber-queue.ts";
import { requestBudget } from "../shared/client/cache/request-budget.ts";
import { createSecretClient, type SecretClient } from "../shared/client/secret-client.ts";
import { secretsManagerSource } from "../shared/client/sources/secrets-manager-source.ts";
import type { Fleet } from "./propagation.ts";

/** A fleet of services in a process of its own, each with a client; half of them are told by a queue of their own. */
const fleet: Fleet = JSON.parse(process.argv[2] ?? "{}");
const queuesAtOnce = 20;
const readEveryMs = 100;

const config = {
  endpoint: fleet.endpoint,
  region: "us-east-1",
  credentials: { accessKeyId: "fleet", secretAccessKey: "fleet" },
  // A poll for each of them stays open, and their requests stand beside these.
  requestHandler: { httpAgent: new Agent({ keepAlive: true, maxSockets: 3 * fleet.services }) },
};
const sdk = new SecretsManagerClient(config);
const sqs = new SQSClient(config);
const sns = new SNSClient(config);
// As many processes would have: a budget each.
const budget = () => requestBudget({ requestsPerSecond: 100, burst: 200, whenSpent: "wait" });
const clientOf = (options: { readonly ttlMs?: number; readonly spreadMs?: number }): SecretClient =>
  createSecretClient({ source: secretsManagerSource(sdk), budget: budget(), ...options });

// It asks as soon as it is told, as it would at the next read.
const told = Array.from({ length: fleet.services }, () => clientOf({ spreadMs: 0 }));
const untold = Array.from({ length: fleet.services }, () => clientOf({ ttlMs: fleet.ttlMs }));
for (let first = 0; first < told.length; first += queuesAtOnce) {
  await Promise.all(
    told.slice(first, first + queuesAtOnce).map(async (client) => {
      const { queueUrl } = await createSubscriberQueue({ sqs, sns, topicArn: fleet.topicArn });
      client.subscribe(sqsSource({ sqs, queueUrl }));
    }),
  );
}
for (const clients of [told, untold]) {
  for (let first = 0; first < clients.length; first += queuesAtOnce) {
    await Promise.all(clients.slice(first, first + queuesAtOnce).map(async (client) => client.get(fleet.secretArn)));
  }
}

const switched = (kind: "told" | "untold") => (client: SecretClient) =>
  client.on("rotated", ({ version }) => process.send?.({ kind, versionId: version.versionId, atMs: Date.now() }));
told.forEach(switched("told"));
untold.forEach(switched("untold"));
process.send?.({ kind: "ready" });

/** Each service reads ten times a second, some at every turn. */
const slices = 10;
for (let turn = 0; process.connected; turn = (turn + 1) % slices) {
  for (let index = turn; index < fleet.services; index += slices) {
    for (const clients of [told, untold]) clients[index]?.get(fleet.secretArn).catch(() => undefined);
  }
  await wait(readEveryMs / slices);
}
process.exit();
