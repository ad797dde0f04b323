import { inspect } from "node:util";
import { expect, test } from "vitest";
import { RekeyError } from "../../errors/rekey-error.ts";
import { serverCode, translateError } from "./translate-error.ts";

const call = { signal: new AbortController().signal };
const mongoError = (name: string, fields: object = {}): Error =>
  Object.assign(new Error("canary: { updateUser: 'app', pwd: 'canary' }"), { name, ...fields });

test.each([
  [11, "credential-refused"],
  [13, "database-rights-missing"],
  [18, "credential-refused"],
  [64, "database-timeout"],
  [91, "database-busy"],
  [112, "database-locked"],
  [10107, "database-read-only"],
  [13435, "database-read-only"],
  [59, "engine-unsupported"],
  [8000, "engine-unsupported"],
  [2, "database-failed"],
])("the server's %d is %s, and of the error only the number crosses", (code, expected) => {
  const error = translateError(mongoError("MongoServerError", { code }), call, "set password");
  expect(error).toMatchObject({ code: expected, context: { operation: "set password", serverCode: code } });
  expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("canary");
});

test.each([
  ["MongoNetworkTimeoutError", "database-timeout"],
  ["MongoNetworkError", "connection-lost"],
  ["MongoCompatibilityError", "server-too-old"],
  ["MongoRuntimeError", "server-misbehaved"],
  ["MongoUnexpectedServerResponseError", "server-misbehaved"],
  ["BSONOffsetError", "server-misbehaved"],
  ["RangeError", "server-misbehaved"],
  ["TypeError", "server-misbehaved"],
])("the driver's %s is %s", (name, expected) => {
  const error = translateError(mongoError(name), call, "log in");
  expect(error.code).toBe(expected);
  expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("canary");
});

test("whatever came after the end of the call's time is time-budget-spent", () => {
  const error = translateError(mongoError("MongoNetworkError"), { signal: AbortSignal.abort() }, "log in");
  expect(error.code).toBe("time-budget-spent");
});

test("rekey's own error stays as it is, and is none of the server's", () => {
  const own = new RekeyError("tls-refused");
  expect(translateError(own, call, "log in")).toBe(own);
  expect(serverCode(own)).toBeUndefined();
});

test.each([
  ["read users", "viewUser"],
  ["set password", "changeOwnPassword"],
  ["make the pair", "createUser"],
  ["bring the pair in step", "revokeRole on every database"],
])("what is missing for %s is named: %s", (operation, right) => {
  const refused = translateError(mongoError("MongoServerError", { code: 13 }), call, operation);
  expect(refused.hint).toContain(right);
});

test("a server that wants a client's certificate is tls-refused, not a cut connection", () => {
  const cause = Object.assign(new Error("alert"), { code: "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED" });
  const error = translateError(mongoError("MongoNetworkError", { cause }), call, "log in");
  expect(error).toMatchObject({ code: "tls-refused", context: { operation: "log in" } });
});

test("a password that SCRAM cannot prepare is the secret's fault", () => {
  const error = translateError(new Error("Prohibited character, see https://tools.ietf.org"), call, "log in");
  expect(error).toMatchObject({ code: "secret-malformed", context: { field: "password" } });
});
