import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { requestBudget } from "../../../shared/client/cache/request-budget.ts";
import { createSecretClient, type SecretClient } from "../../../shared/client/secret-client.ts";
import { secretsManagerSource } from "../../../shared/client/sources/secrets-manager-source.ts";
import type { SecretClientOptions } from "../../../shared/client/client-options.ts";
import type { StandardSchema } from "../../../shared/client/standard-schema.ts";
import { oneByOne, type Waits } from "./one-by-one.ts";

/** A process that waits for many reads at once, for its own budget, or for a version that was announced. */
const [, , endpoint = "", exitCode = ""] = process.argv;
const source = secretsManagerSource(
  new SecretsManagerClient({
    endpoint,
    region: "eu-west-1",
    maxAttempts: 1,
    credentials: { accessKeyId: "AKIATEST", secretAccessKey: "test" },
  }),
);
const make = (options: Partial<SecretClientOptions> = {}): SecretClient => createSecretClient({ source, ...options });
const ids = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => `secret-${index}`);

async function all(client: SecretClient, count: number): Promise<void> {
  const results = await Promise.allSettled(ids(count).map(async (id) => client.get(id)));
  const failed = results.find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

const slow: StandardSchema = {
  "~standard": {
    version: 1,
    vendor: "test",
    // What it waits for keeps no process alive.
    validate: async (value) => new Promise((resolve) => void setTimeout(() => resolve({ value }), 300).unref()),
  },
};

const waits: Waits = {
  "320 cold secrets at once": async () => all(make(), 320),
  "a small budget": async () =>
    all(make({ budget: requestBudget({ requestsPerSecond: 20, burst: 1, whenSpent: "wait" }) }), 20),
  "a budget that is spent": async () =>
    all(make({ budget: requestBudget({ requestsPerSecond: 1, burst: 1, whenSpent: "refuse" }) }), 2),
  "an announced version": async () => {
    const client = make({ lagBudgetMs: 500 });
    await client.get("orders");
    client.invalidate("orders", { atLeast: "announced" });
    await client.get("orders");
  },
  "an announced version, by a first read": async () => {
    const client = make({ lagBudgetMs: 500 });
    client.invalidate("orders", { atLeast: "announced" });
    await client.get("orders");
  },
  "a schema that takes its time": async () => make().json("orders", slow),
  "a batch": async () => make().prefetch(ids(41)),
};

await oneByOne(waits, Number(exitCode));
