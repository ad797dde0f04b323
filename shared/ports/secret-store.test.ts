import { expect, test } from "vitest";
import { memoryStore } from "../testing/memory-store.ts";
import { SecretValue } from "../secrets/secret-value.ts";
import { RekeyError } from "../errors/rekey-error.ts";
import {
  describeIfExists,
  isRotationUnderWay,
  type SecretDescription,
  versionUnderWay,
  versionWithLabel,
} from "./secret-store.ts";

const call = { signal: new AbortController().signal };
const secretId = "arn:aws:secretsmanager:us-east-1:123456789012:secret:app-AbCdEf";
const described = (labels: Readonly<Record<string, readonly string[]>>): SecretDescription => ({
  secretArn: secretId,
  name: "app",
  rotationEnabled: true,
  labels: new Map(Object.entries(labels)),
  tags: new Map(),
});

test("a label is on one version, or on none", () => {
  const description = described({ v1: ["AWSCURRENT", "rekey-recovered"], v0: ["AWSPREVIOUS"] });
  expect(versionWithLabel(description, "rekey-recovered")).toBe("v1");
  expect(versionWithLabel(description, "AWSPREVIOUS")).toBe("v0");
  expect(versionWithLabel(description, "AWSPENDING")).toBeUndefined();
});

test.each<[string, Readonly<Record<string, readonly string[]>>, string | undefined]>([
  [
    "AWSPENDING on a version that is not current is a rotation under way",
    { v0: ["AWSCURRENT"], v1: ["AWSPENDING"] },
    "v1",
  ],
  ["AWSPENDING that stayed on the current version is none", { v1: ["AWSCURRENT", "AWSPENDING"] }, undefined],
  ["AWSPENDING without a current version is one", { v1: ["AWSPENDING"] }, "v1"],
  ["a secret without AWSPENDING has none", { v0: ["AWSCURRENT"] }, undefined],
  ["a secret without any version has none", {}, undefined],
])("%s", (_behavior, labels, version) => {
  expect(versionUnderWay(described(labels))).toBe(version);
  expect(isRotationUnderWay(described(labels))).toBe(version !== undefined);
});

test("a secret that does not exist has no description; any other failure stays one", async () => {
  const store = memoryStore(secretId, new SecretValue("x"));
  await expect(describeIfExists(store, secretId, call)).resolves.toMatchObject({ secretArn: secretId });
  await expect(describeIfExists(store, "other", call)).resolves.toBeUndefined();
  const failing = { describe: async () => Promise.reject(new RekeyError("store-throttled")) };
  await expect(describeIfExists(failing, secretId, call)).rejects.toMatchObject({ code: "store-throttled" });
});
