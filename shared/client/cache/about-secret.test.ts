import { expect, test } from "vitest";
import { codes } from "../../errors/codes.ts";
import { RekeyError } from "../../errors/rekey-error.ts";
import { aboutSecret } from "./about-secret.ts";

test("an error gets the secret's name and the operation, and keeps what it knows", () => {
  const given = new RekeyError("store-unavailable", { context: { reason: "ECONNRESET" }, retryAfterMs: 7 });
  expect(aboutSecret("a", given)).toMatchObject({
    code: "store-unavailable",
    context: { secret: "a", operation: "read", reason: "ECONNRESET" },
    hint: codes["store-unavailable"].hint,
    retryAfterMs: 7,
  });
});

test.each([{ secret: "other" }, { operation: "list" }])("what the error already names stays: %o", (context) => {
  const given = new RekeyError("store-unavailable", { context });
  const told = aboutSecret("a", given);
  expect(told).not.toBe(given);
  expect(told.context).toEqual({ secret: "a", operation: "read", ...context });
  expect(told.retryAfterMs).toBeUndefined();
});

test("an error that says everything is the same error", () => {
  const given = new RekeyError("store-unavailable", { context: { secret: "a", operation: "read" } });
  expect(aboutSecret("a", given)).toBe(given);
});

test("a hint for a rotation gives way to one for a service, and the place of failure knows best", () => {
  const context = { secret: "a", operation: "read" };
  const given = new RekeyError("tls-refused", { context });
  expect(aboutSecret("a", given)).toMatchObject({ hint: codes["tls-refused"].readerHint, context });
  expect(aboutSecret("a", new RekeyError("tls-refused", { context, hint: "look there" })).hint).toBe("look there");
});
