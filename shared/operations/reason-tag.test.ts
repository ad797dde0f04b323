import { expect, test } from "vitest";
import { reasonTag } from "./reason-tag.ts";

test.each(["leaked in a log", "TICKET-7: café", "a_b.c:d/e=f+g@h", "x".repeat(256)])(
  "the reason %j is the secret's tag",
  (reason) => {
    expect([...reasonTag(reason)]).toEqual([["rekey:rotation-reason", reason]]);
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
