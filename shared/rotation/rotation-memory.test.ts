import { expect, test } from "vitest";
import { rotationMemory } from "./rotation-memory.ts";
import { rotationPolicy } from "./rotation-policy.ts";

const facts = {
  secretArn: "arn:x",
  secretName: "x",
  policy: rotationPolicy(new Map()),
  options: new Map<string, string>(),
};
const request = (secretId: string, versionId = "v1") => ({ step: "setSecret", secretId, versionId }) as const;

test("two secrets rotated under one token are told apart", () => {
  const memory = rotationMemory();
  memory.remember(request("a"), facts).loggedIn = true;
  expect(memory.recall(request("a"))?.loggedIn).toBe(true);
  expect(memory.recall(request("b"))).toBeUndefined();
});

test("what is older than a quarter of an hour is not trusted", () => {
  let nowMs = 0;
  const memory = rotationMemory(() => nowMs);
  memory.remember(request("a"), facts).loggedIn = true;
  nowMs = 15 * 60_000 + 1;
  expect(memory.recall(request("a"))).toBeUndefined();
  expect(memory.remember(request("a"), facts).loggedIn).toBe(false);
});

test("only the newest rotations are kept", () => {
  const memory = rotationMemory();
  for (let number = 0; number < 60; number++) memory.remember(request("a", `v${number}`), facts);
  expect(memory.recall(request("a", "v0"))).toBeUndefined();
  expect(memory.recall(request("a", "v59"))).toBeDefined();
});
