import { randomUUID } from "node:crypto";
import { expect, onTestFinished, test } from "vitest";
import { SecretValue } from "../../secrets/secret-value.ts";
import type { InvalidationSink } from "../invalidation/invalidation-source.ts";
import { createSecretClient } from "../secret-client.ts";
import { requestBudget } from "./request-budget.ts";

const arnOf = (secretId: string): string => `arn:aws:secretsmanager:eu-west-1:123456789012:secret:${secretId}-AbCdEf`;

test("secrets that have rotated are packed, and know their replaced versions when they are read again", async () => {
  const ids = Array.from({ length: 300 }, (_, index) => `secret-${index}`);
  const versions = new Map<string, string>();
  let requests = 0;
  const client = createSecretClient({
    source: {
      async read(secretId) {
        requests++;
        const versionId = versions.get(secretId) ?? "";
        return { versionId, value: new SecretValue(`of ${versionId}`), secretArn: arnOf(secretId) };
      },
    },
    budget: requestBudget({ requestsPerSecond: 1e6, burst: 1e6, whenSpent: "wait" }),
  });
  onTestFinished(async () => client.close());
  let sink: InvalidationSink | undefined;
  client.subscribe({
    start(given) {
      sink = given;
      return { stop: async () => undefined };
    },
  });
  const rotate = async (): Promise<void> => {
    for (const id of ids) versions.set(id, randomUUID());
    await Promise.all(ids.map(async (id) => client.refresh(id)));
  };
  await rotate();
  const replaced = new Map(versions);
  await rotate();
  const before = new Map(ids.map((id) => [id, client.peek(id)]));

  // What was packed is made again by a read, so it is another object. A look at a secret keeps it from being packed.
  const oldest = ids.values();
  const next = (): string => oldest.next().value ?? "";
  const isPacked = (id: string): boolean => client.peek(id) !== before.get(id);
  await expect.poll(() => isPacked(next())).toBe(true);
  const requestsBefore = requests;
  for (const id of ids) {
    await sink?.notice({ secretArn: arnOf(id), versionId: replaced.get(id) ?? "" });
    const version = client.peek(id);
    expect([version?.versionId, version?.value.reveal()]).toEqual([versions.get(id), `of ${versions.get(id)}`]);
  }
  expect(requests).toBe(requestsBefore);
  expect(ids.filter(isPacked).length).toBeGreaterThanOrEqual(ids.length - 128);
});
