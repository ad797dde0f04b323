import { expect, test } from "vitest";
import { SecretValue } from "../secrets/secret-value.ts";
import { memoryStore } from "../testing/memory-store.ts";
import { readCurrent } from "./read-current.ts";

const secretId = "arn:aws:secretsmanager:us-east-1:123456789012:secret:app-AbCdEf";
const call = { signal: new AbortController().signal };

test("the current version is read by its label; a secret without a current value is an error that names both", async () => {
  const store = memoryStore(secretId, new SecretValue("x"));
  await expect(readCurrent(store, secretId, call)).resolves.toMatchObject({ versionId: "v0" });
  const empty = { read: async () => undefined };
  await expect(readCurrent(empty, secretId, call)).rejects.toMatchObject({
    code: "secret-not-found",
    context: { secret: secretId, label: "AWSCURRENT" },
  });
});
