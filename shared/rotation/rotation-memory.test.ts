import { expect, test } from "vitest";
import { rotationMemory } from "./rotation-memory.ts";
import { rotationPolicy } from "./rotation-policy.ts";

const facts = {
  secretArn: "arn:x",
  secretName: "x",
  policy: rotationPolicy(new Map()),
  wasRotated: false,
  options: new Map<string, string>(),
};
const request = (secretId: string, versionId = "v1") => ({ step: "setSecret", secretId, versionId }) as const;

test("two secrets rotated under one token are told apart", () => {
  const memory = rotationMemory();
  memory.remember(request("a"), facts).loggedIn = true;
  expect(memory.recall(request("a"))?.loggedIn).toBe(true);
  expect(memory.recall(request("b"))).toBeUndefined();
});

test("a rotation that is new to the container has shown nothing yet; one that it knows keeps what was learned", () => {
  const memory = rotationMemory();
  const remembered = memory.remember(request("a"), facts);
  expect(remembered).toMatchObject({ facts, changesAtFinish: false, compared: false, loggedIn: false });
  remembered.compared = true;
  expect(memory.remember(request("a"), facts)).toBe(remembered);
});

test("what is older than a quarter of an hour is not trusted", () => {
  let nowMs = 0;
  const memory = rotationMemory(() => nowMs);
  memory.remember(request("a"), facts).loggedIn = true;
  nowMs = 15 * 60_000;
  expect(memory.recall(request("a"))?.loggedIn).toBe(true);
  nowMs++;
  expect(memory.recall(request("a"))).toBeUndefined();
  expect(memory.remember(request("a"), facts).loggedIn).toBe(false);
});

test("the fifty newest rotations are kept", () => {
  const memory = rotationMemory();
  const remember = (number: number) => memory.remember(request("a", `v${number}`), facts);
  for (let number = 0; number < 50; number++) remember(number);
  expect(memory.recall(request("a", "v0"))).toBeDefined();
  remember(50);
  expect(memory.recall(request("a", "v0"))).toBeUndefined();
  expect(memory.recall(request("a", "v1"))).toBeDefined();
  expect(memory.recall(request("a", "v50"))).toBeDefined();
});

test("a rotation that was forgotten for its age and comes back counts as new", () => {
  let nowMs = 0;
  const memory = rotationMemory(() => nowMs);
  memory.remember(request("returning"), facts);
  for (let number = 1; number < 50; number++) memory.remember(request("a", `v${number}`), facts);
  nowMs = 16 * 60_000;
  memory.remember(request("returning"), facts);
  memory.remember(request("b"), facts);
  expect(memory.recall(request("returning"))).toBeDefined();
});
