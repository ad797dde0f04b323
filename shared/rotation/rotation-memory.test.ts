import { expect, test } from "vitest";
import { rotationMemory } from "./rotation-memory.ts";

const request = (secretId: string, versionId = "v1") => ({ step: "setSecret", secretId, versionId }) as const;

test("two secrets rotated under one token are told apart", () => {
  const memory = rotationMemory();
  memory.progressOf(request("a")).loggedIn = true;
  expect(memory.progressOf(request("a")).loggedIn).toBe(true);
  expect(memory.progressOf(request("b")).loggedIn).toBe(false);
});

test("a rotation that is new to the container has shown nothing yet; one that it knows keeps what was learned", () => {
  const memory = rotationMemory();
  const progress = memory.progressOf(request("a"));
  expect(progress).toMatchObject({ loggedIn: false });
  expect(progress).not.toHaveProperty("facts");
  expect(progress).not.toHaveProperty("kind");
  progress.kind = { engine: "memory", strategy: "single-user", changesAtFinish: false };
  expect(memory.progressOf(request("a"))).toBe(progress);
});

test("what is older than a quarter of an hour is not trusted", () => {
  let nowMs = 0;
  const memory = rotationMemory(() => nowMs);
  memory.progressOf(request("a")).loggedIn = true;
  nowMs = 15 * 60_000;
  expect(memory.progressOf(request("a")).loggedIn).toBe(true);
  nowMs++;
  expect(memory.progressOf(request("a")).loggedIn).toBe(false);
});

/** A container that has seen these versions log in, one after the other. */
function withVersions(from: number, to: number, nowMs?: () => number): ReturnType<typeof rotationMemory> {
  const memory = rotationMemory(nowMs);
  for (let number = from; number <= to; number++) memory.progressOf(request("a", `v${number}`)).loggedIn = true;
  return memory;
}

test.each([
  [50, 1, true],
  [51, 1, false],
  [51, 2, true],
  [51, 51, true],
])("of %i rotations, the newest fifty are kept: number %i is %s", (rotations, number, isKept) => {
  expect(withVersions(1, rotations).progressOf(request("a", `v${number}`)).loggedIn).toBe(isKept);
});

test("a rotation that was forgotten for its age and comes back counts as new", () => {
  let nowMs = 0;
  const memory = withVersions(1, 50, () => nowMs);
  nowMs = 16 * 60_000;
  memory.progressOf(request("a", "v1")).loggedIn = true;
  memory.progressOf(request("b"));
  expect(memory.progressOf(request("a", "v1")).loggedIn).toBe(true);
});
