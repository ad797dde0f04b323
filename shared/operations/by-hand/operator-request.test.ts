import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { rotationReasonTag } from "../../tags/tag-names.ts";
import { reasonTag, uuidOf } from "./operator-request.ts";

test.each(["leaked in a log", "TICKET-7: café", "a_b.c:d/e=f+g@h", "x".repeat(256)])(
  "the reason %j is the secret's tag",
  (reason) => {
    expect([...reasonTag(reason)]).toEqual([[rotationReasonTag, reason]]);
  },
);

test.each(["", "x".repeat(257), "a,b", "<b>", "line\nbreak"])(
  "the reason %j, which no tag holds, is option-invalid",
  (reason) => {
    expect(() => reasonTag(reason)).toThrow(
      expect.objectContaining({
        code: "option-invalid",
        context: { option: "reason" },
        hint: expect.stringContaining("256 at most") as string,
      }),
    );
  },
);

test("the same words make the same UUID of version 8, whatever their kinds", async () => {
  const hex = createHash("sha256").update("rekey\n7").digest("hex");
  const uuid = await uuidOf("rekey", 7);
  expect(uuid).toBe(
    `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`,
  );
  expect(await uuidOf("rekey", "7")).toBe(uuid);
});

test("other words, and the same ones parted otherwise, make another", async () => {
  const made = await Promise.all([uuidOf("a", "bc"), uuidOf("ab", "c"), uuidOf("abc"), uuidOf("abd"), uuidOf()]);
  expect(new Set(made).size).toBe(5);
  for (const uuid of made) expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);
});
