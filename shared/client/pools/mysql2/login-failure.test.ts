import { expect, test } from "vitest";
import { explainLogin, isLimit, isRefusal } from "./login-failure.ts";

const answered = (errno: number | undefined, sqlState = "HY000"): Error =>
  Object.assign(new Error("canary"), { errno, sqlState });
const expired = Object.assign(new Error("canary"), { code: "CERT_HAS_EXPIRED" });

test.each<[string, unknown, boolean]>([
  ["a wrong password", answered(1045, "28000"), true],
  ["a proxy's refusal without a number", answered(undefined, "28000"), true],
  ...[1862, 3118, 3955, 4150, 4151].map((errno): [string, unknown, boolean] => [
    `the server's ${errno}`,
    answered(errno),
    true,
  ]),
  ["an unknown database", answered(1049, "42000"), false],
  ["no error", { errno: 1862, sqlState: "28000" }, false],
])("%s is a refused login or not", (_, error, is) => expect(isRefusal(error)).toBe(is));

test.each<[string, unknown, boolean]>([
  ...[1040, 1203, 1226].map((errno): [string, unknown, boolean] => [`the server's ${errno}`, answered(errno), true]),
  ["a wrong password", answered(1045, "28000"), false],
  ["no error", { errno: 1040 }, false],
])("%s is a limit or not", (_, error, is) => expect(isLimit(error)).toBe(is));

test.each([
  [
    "a server that wants TLS",
    answered(3159),
    false,
    {
      code: "tls-refused",
      context: { errno: 3159, reason: "not encrypted" },
      hint: expect.stringContaining("ssl: true"),
    },
  ],
  [
    "a wrong password over TLS",
    answered(1045, "28000"),
    true,
    { code: "credential-refused", context: { errno: 1045 } },
  ],
  [
    "a wrong password without TLS",
    answered(1045, "28000"),
    false,
    {
      code: "credential-refused",
      context: { errno: 1045, reason: "not encrypted" },
      hint: expect.stringContaining("REQUIRE SSL"),
    },
  ],
  ["an expired user without TLS", answered(1862), false, { code: "credential-refused", context: { errno: 1862 } }],
  ["a refusal without a number", answered(undefined, "28000"), true, { code: "credential-refused", context: {} }],
  ["an expired certificate", expired, true, expect.objectContaining({ code: "tls-refused" })],
  ["an unknown database", answered(1049, "42000"), false, undefined],
])("%s is explained as far as more is known than the driver says", (_, error, isEncrypted, explanation) => {
  expect(explainLogin(error, isEncrypted)).toStrictEqual(explanation);
});
