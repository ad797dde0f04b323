import { expect, test, vi } from "vitest";
import { codes } from "./codes.ts";
import { RekeyError as ReadingError } from "./reading-error.ts";
import { isRekeyError, RekeyError } from "./rekey-error.ts";

test("an error says its code, what it means and what is known, and what to do next", () => {
  const error = new RekeyError("database-busy", { context: { host: "db", tries: 2, unknown: undefined } });
  expect(error.message).toBe(
    "database-busy: the database takes no more connections, or is starting up or shutting down (host=db tries=2)",
  );
  expect(error).toMatchObject({ name: "RekeyError", code: "database-busy", disposition: "retry" });
  expect(error.hint).toBe("raise the connection limit of the user, the server or the pooler, or wait");
  expect(error.context).toEqual({ host: "db", tries: 2 });
  expect(error.retryAfterMs).toBeUndefined();
  expect(error.cause).toBeUndefined();
});

test("without a context nothing stands in brackets; the place of failure may know a better hint", () => {
  const error = new RekeyError("pool-closed", { hint: "open it again", retryAfterMs: 7 });
  expect(error.message).toBe("pool-closed: the rotating pool or the client was closed");
  expect(error).toMatchObject({ hint: "open it again", retryAfterMs: 7, context: {} });
});

test("rekey's errors are told from others, and by their code", () => {
  const error = new RekeyError("pool-closed");
  expect([isRekeyError(error), isRekeyError(error, "pool-closed"), isRekeyError(error, "internal-fault")]).toEqual([
    true,
    true,
    false,
  ]);
  expect(isRekeyError(new Error("pool-closed"))).toBe(false);
});

test("an error of another copy of rekey is one of rekey's", async () => {
  vi.resetModules();
  const other = await import("./rekey-error.ts");
  expect(other.RekeyError).not.toBe(RekeyError);
  const error: unknown = new other.RekeyError("pool-closed");
  expect([error instanceof RekeyError, isRekeyError(error, "pool-closed")]).toEqual([true, true]);
  expect(Reflect.get(Object(error), Symbol.for("rekey.error"))).toBe(true);
  expect([undefined, null, "pool-closed", {}].map((value) => isRekeyError(value))).toEqual(Array(4).fill(false));
});

test("the error of the client has the texts of its own codes, and of others the hint that it is given", () => {
  const [own, full] = [new ReadingError("pool-closed"), new RekeyError("pool-closed")];
  expect([own.message, own.hint, own.disposition]).toEqual([full.message, full.hint, full.disposition]);
  expect([own instanceof RekeyError, full instanceof ReadingError]).toEqual([true, true]);
  const other = new ReadingError("mirror-unavailable", { hint: "look at the mirror", context: { secret: "a" } });
  expect(other).toMatchObject({ code: "mirror-unavailable", hint: "look at the mirror", disposition: "retry" });
  expect(other.message).toBe("mirror-unavailable: the source failed (secret=a)");
});

test("a source that gives no hint is named as what to look at", () => {
  const Untyped = ReadingError as unknown as new (code: string) => ReadingError;
  expect(new Untyped("mirror-unavailable").hint).toBe("look at the source");
});

test("an error knows its code's texts, and whether to try again, to change something or to call somebody", () => {
  const error = new RekeyError("access-denied", { hint: "ask the owner" });
  expect(error.entry).toBe(codes["access-denied"]);
  expect(
    (["database-busy", "option-invalid", "vault-login-refused"] as const).map((code) => codes[code].disposition),
  ).toEqual(["retry", "abort", "intervene"]);
});
