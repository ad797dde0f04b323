import { expect, test } from "vitest";
import type { DatabaseTarget } from "../../ports/database-engine.ts";
import { isVerified, requireVerifiedTls, tlsOptions } from "./tls-options.ts";

const ca = "-----BEGIN CERTIFICATE-----";
const target = (tls: DatabaseTarget["tls"]): DatabaseTarget => ({
  engine: "any",
  host: "db.example.com",
  port: 1,
  dbname: "",
  tls,
  options: new Map(),
});

test("without TLS there are no options", () => {
  expect(tlsOptions({ mode: "disable" })).toBeUndefined();
});

test.each([
  ["require", false, false],
  ["verify-ca", true, false],
  ["verify-full", true, true],
] as const)("%s: the certificate is verified: %j, and its name: %j", (mode, verifies, verifiesName) => {
  const options = tlsOptions({ mode, ca });
  expect(options).toMatchObject({ ca, rejectUnauthorized: verifies, minVersion: "TLSv1.2" });
  expect(verifies && options?.checkServerIdentity === undefined).toBe(verifiesName);
  expect(isVerified({ mode })).toBe(verifies);
});

test.each([{ mode: "disable" }, { mode: "verify-full" }, { mode: "verify-ca", ca }] as const)(
  "a password in clear may go to a server by %j",
  (tls) => {
    expect(() => requireVerifiedTls(target(tls))).not.toThrow();
  },
);

test.each([
  [{ mode: "verify-ca" }, "mode verify-ca without a CA"],
  [{ mode: "require", ca }, "mode require"],
] as const)("a password in clear to a server by %j is refused for: %s", (tls, reason) => {
  const refusal = expect.objectContaining({ code: "tls-refused", context: { reason } }) as Error;
  expect(() => requireVerifiedTls(target(tls))).toThrow(refusal);
});
