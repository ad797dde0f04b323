import { expect, test } from "vitest";
import { RekeyError } from "../../errors/rekey-error.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import { checkedAnswer } from "./checked-answer.ts";

const value = new SecretValue("one");
const likeAValue = { reveal: () => "one", bytes: () => new Uint8Array(), length: 3 };
const problemOf = (answer: unknown): unknown => {
  try {
    return checkedAnswer("a", answer);
  } catch (error) {
    return error;
  }
};

test("no answer is no version", () => expect(checkedAnswer("a", undefined)).toBeUndefined());

test("an answer is taken with what is known of it, and nothing else", () => {
  const createdAt = new Date(0);
  const full = { versionId: "v1", value, createdAt, secretArn: "arn", fromReplica: true };
  expect(checkedAnswer("a", { ...full, token: "canary" })).toStrictEqual(full);
  expect(checkedAnswer("a", { versionId: "v1", value })).toStrictEqual({ versionId: "v1", value });
});

test("a value of another copy of the package is taken", () => {
  expect(checkedAnswer("a", { versionId: "v1", value: likeAValue })).toEqual({ versionId: "v1", value: likeAValue });
});

test.each([
  { createdAt: null },
  { createdAt: undefined },
  { secretArn: 1 },
  { fromReplica: "yes" },
  { fromReplica: false },
])("what says nothing is left out: %o", (more) => {
  expect(checkedAnswer("a", { versionId: "v1", value, ...more })).toStrictEqual({ versionId: "v1", value });
});

test.each([
  [null, "not an object"],
  ["text", "not an object"],
  [() => undefined, "not an object"],
  [{ value }, "no versionId"],
  [{ versionId: "", value }, "no versionId"],
  [{ versionId: 1, value }, "no versionId"],
  [{ versionId: "v1" }, "no value"],
  [{ versionId: "v1", value: null }, "no value"],
  [{ versionId: "v1", value: "text" }, "no value"],
  [
    { versionId: "v1", value: Object.assign(() => "one", { reveal: () => "one", bytes: () => new Uint8Array() }) },
    "no value",
  ],
  [{ versionId: "v1", value: { ...likeAValue, reveal: "one" } }, "no value"],
  [{ versionId: "v1", value: { ...likeAValue, bytes: undefined } }, "no value"],
  [{ versionId: "v1", value: { ...likeAValue, length: 1.5 } }, "no value"],
  [{ versionId: "v1", value, createdAt: "2026-01-01" }, "createdAt is no time"],
  [{ versionId: "v1", value, createdAt: new Date(Number.NaN) }, "createdAt is no time"],
])("what is no answer is refused with what is wrong: %o, %s", (answer, problem) => {
  expect(problemOf(answer)).toMatchObject({
    code: "source-malformed",
    context: { secret: "a", operation: "read", problem },
  });
});

test("of a property that throws only the error's name is said, and an error of rekey stays as it is", () => {
  const throwing = (thrown: Error): object => ({
    get versionId() {
      throw thrown;
    },
  });
  expect(problemOf(throwing(new TypeError("canary")))).toMatchObject({
    code: "source-malformed",
    context: { secret: "a", operation: "read", problem: "a property threw: TypeError" },
  });
  const own = new RekeyError("store-throttled");
  expect(problemOf(throwing(own))).toBe(own);
});
