import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { SecretsProvider } from "@aws-lambda-powertools/parameters/secrets";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { createSecretClient } from "../shared/client/secret-client.ts";
import type { SourceAnswer } from "../shared/client/sources/secret-source.ts";
import { requestBudget } from "../shared/client/cache/request-budget.ts";
import { SecretValue } from "../shared/secrets/secret-value.ts";

const secrets = 10_000;
const keeper = process.argv[2] ?? "";

/** A string of its own, not a view of another one. */
const fresh = (text: string): string => Buffer.from(text).toString("latin1");
const texts = Array.from({ length: secrets }, (_, index) =>
  fresh(`{"username":"u${index}","password":"${"x".repeat(150)}"}`),
);
const textOf = (id: string): string => texts[Number(id.split("-")[1])] ?? "";

type Read = (id: string) => unknown;

function readerOf(): Read {
  if (keeper === "map") {
    const map = new Map<string, string>();
    return (id) => map.set(id, textOf(id));
  }
  if (keeper === "powertools") {
    const sdk = new SecretsManagerClient({ region: "eu-west-1" });
    sdk.middlewareStack.add(
      () =>
        async ({ input }) => ({
          response: {},
          output: { $metadata: {}, SecretString: textOf(String(Reflect.get(input, "SecretId"))) },
        }),
      { step: "initialize" },
    );
    const provider = new SecretsProvider({ awsSdkV3Client: sdk });
    return async (id) => provider.get(id, { maxAge: 3_600 });
  }
  const read = async (id: string): Promise<SourceAnswer> => {
    const versionId = fresh(randomUUID());
    return { versionId, value: new SecretValue(textOf(id)), createdAt: new Date() };
  };
  if (keeper === "versions") {
    const kept: object[] = [];
    return async (id) => {
      const { versionId, value } = await read(id);
      kept.push({ versionId, value });
    };
  }
  const client = createSecretClient({
    source: { read },
    maxSecrets: 2 * secrets,
    maxBytes: Number.MAX_SAFE_INTEGER,
    budget: requestBudget({ requestsPerSecond: 1e9, burst: 1e9, whenSpent: "wait" }),
  });
  return async (id) => {
    await client.get(id);
    if (keeper === "rekey, read again") await client.get(id);
    if (keeper === "rekey, rotated") await client.refresh(id);
  };
}

async function usedBytes(): Promise<number> {
  await sleep(500);
  for (let round = 0; round < 4; round++) globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

async function readAll(read: Read): Promise<void> {
  for (let index = 0; index < secrets; index++) await read(fresh(`secret-${index}`));
}

// Once for nothing, so that compiled code is not counted.
await readAll(readerOf());
const read = readerOf();
const before = await usedBytes();
await readAll(read);
console.log(((await usedBytes()) - before) / secrets);
await read(fresh("secret-0"));
