import pg from "pg";
import { expect, test } from "vitest";
import { explainLogin, isConnectionLimit, isRefusedLogin } from "./login-failure.ts";

const answered = (code: string, message = "canary", routine?: string): pg.DatabaseError =>
  Object.assign(new pg.DatabaseError(message, message.length, "error"), { code, routine });
const expired = Object.assign(new Error("canary"), { code: "CERT_HAS_EXPIRED" });

test.each([
  ["a wrong password", answered("28P01"), true],
  ["a user that may not log in", answered("28000"), true],
  ["another error of the server", answered("3D000"), false],
  [
    "a pooler's own login that the server refused",
    answered("08P01", "password authentication failed for user x"),
    true,
  ],
  ["a user that may not log in, by a pooler", answered("08P01", "role x is not permitted to log in"), true],
  ["a pooler's refusal in words of its own", answered("08P01", "canary"), true],
  ["a pooler that is full", answered("08P01", "no more connections allowed"), false],
  ["a wrong password's code on another error", Object.assign(new Error(), { code: "28P01" }), false],
])("%s is a refused login or not", (_, error, is) => expect(isRefusedLogin(error)).toBe(is));

test.each([
  ["all connections of the server", answered("53300"), true],
  ["a configured limit", answered("53400"), true],
  ["a pooler's", answered("08P01", "no more connections allowed"), true],
  ["a pooler's for a role", answered("08P01", "too many connections for role x"), true],
  ["a pooler's for a database", answered("08P01", "too many connections for database x"), true],
  ["a server's behind a pooler", answered("08P01", "sorry, too many clients already"), true],
  ["a pooler's refusal", answered("08P01", "canary"), false],
  ["the same words with another code", answered("28P01", "too many connections for role x"), false],
  ["a refused login", answered("28P01"), false],
  ["another error", Object.assign(new Error(), { code: "53300" }), false],
])("%s is a limit or not", (_, error, is) => expect(isConnectionLimit(error)).toBe(is));

const wantsTls = { code: "tls-refused", hint: expect.stringContaining("ssl: true") };
test.each([
  ["a wrong password", answered("28P01"), true, { code: "credential-refused", context: { sqlstate: "28P01" } }],
  [
    "a wrong password without TLS",
    answered("28P01"),
    false,
    { code: "credential-refused", context: { sqlstate: "28P01" } },
  ],
  [
    "a host that is not allowed",
    answered("28000", "canary", "ClientAuthentication"),
    true,
    {
      code: "credential-refused",
      context: { sqlstate: "28000" },
      hint: "allow the host, the user and the database in pg_hba.conf",
    },
  ],
  [
    "a host that is not allowed without TLS",
    answered("28000", "canary", "ClientAuthentication"),
    false,
    { ...wantsTls, context: { sqlstate: "28000", reason: "not encrypted" } },
  ],
  [
    "a role without LOGIN, also without TLS",
    answered("28000", "canary", "InitializeSessionUserId"),
    false,
    { code: "credential-refused", context: { sqlstate: "28000" }, hint: "ALTER ROLE … LOGIN" },
  ],
  [
    "another method",
    answered("28000", "canary", "auth_failed"),
    true,
    { code: "credential-refused", context: { sqlstate: "28000" }, hint: expect.stringContaining("another method") },
  ],
  [
    "an unknown place",
    answered("28000", "canary", "elsewhere"),
    true,
    { code: "credential-refused", context: { sqlstate: "28000" } },
  ],
  ["no place", answered("28000"), true, { code: "credential-refused", context: { sqlstate: "28000" } }],
  [
    "a wrong password at a place that has a hint",
    answered("28P01", "canary", "auth_failed"),
    true,
    { code: "credential-refused", context: { sqlstate: "28P01" } },
  ],
  [
    "a pooler that wants TLS",
    answered("08P01", "SSL required"),
    false,
    { ...wantsTls, context: { sqlstate: "08P01", reason: "not encrypted" } },
  ],
  ["a pooler that wants TLS, over TLS", answered("08P01", "SSL required"), true, undefined],
  ["an unknown database", answered("3D000"), false, undefined],
  ["an expired certificate", expired, true, expect.objectContaining({ code: "tls-refused" })],
  ["what is no error of the server", new Error("canary"), true, undefined],
])("%s is explained as far as more is known than the driver says", (_, error, isEncrypted, explanation) => {
  expect(explainLogin(error, isEncrypted)).toEqual(explanation);
});
