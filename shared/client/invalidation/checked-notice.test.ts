import { expect, test } from "vitest";
import { checkedNotice, checkedSecretId, isText } from "./checked-notice.ts";

const refusalOf = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (error) {
    return error;
  }
};

test.each([
  ["text", true],
  ["four", true],
  ["", false],
  ["fives", false],
  [4, false],
  [{ length: 1 }, false],
])("%o is a text of 1 to 4 characters: %s", (value, is) => expect(isText(value, 4)).toBe(is));

test("an id of up to 2048 characters is taken, and what is longer is refused by the option's name", () => {
  expect(checkedSecretId("secretId", "x".repeat(2_048))).toHaveLength(2_048);
  expect(refusalOf(() => checkedSecretId("secretId", "x".repeat(2_049)))).toMatchObject({
    code: "option-invalid",
    context: { option: "secretId", problem: "not a text of 1 to 2048 characters" },
    hint: "give the secret's name or ARN",
  });
});

test("a notice is taken with what the cache needs of it, and nothing else", () => {
  const full = { secretArn: "a", versionId: "v2", previousVersionId: "v1", atMs: 1, replacedStillWorks: true };
  expect(checkedNotice({ ...full, note: "more" })).toStrictEqual(full);
  expect(checkedNotice({ secretArn: "a", versionId: "v".repeat(256) })).toStrictEqual({
    secretArn: "a",
    versionId: "v".repeat(256),
  });
});

test.each([
  { previousVersionId: "" },
  { previousVersionId: "v".repeat(257) },
  { atMs: "1" },
  { replacedStillWorks: 1 },
])("a field of another kind counts as none: %o", (more) => {
  expect(checkedNotice({ secretArn: "a", versionId: "v2", ...more })).toStrictEqual({
    secretArn: "a",
    versionId: "v2",
  });
});

test.each([null, undefined, "notice", 1, {}, { secretArn: "" }, { versionId: "v2" }])(
  "a notice about no secret is refused: %o",
  (notice) => {
    expect(refusalOf(() => checkedNotice(notice))).toMatchObject({
      code: "option-invalid",
      context: { option: "secretArn" },
    });
  },
);

test.each([undefined, "", "v".repeat(257)])(
  "a notice of no version is refused, with the secret's name: %s",
  (versionId) => {
    expect(refusalOf(() => checkedNotice({ secretArn: "a", versionId }))).toMatchObject({
      code: "option-invalid",
      context: { option: "versionId", secret: "a", problem: "not a text of 1 to 256 characters" },
      hint: "name the version that is current now",
    });
  },
);
