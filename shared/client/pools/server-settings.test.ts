import { expect, test } from "vitest";
import { parseLoginSecret } from "../../secrets/database-secret.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import { serverHost, tlsOptions } from "./server-settings.ts";

const secret = (more: object) =>
  parseLoginSecret(new SecretValue(JSON.stringify({ username: "u", password: "p", ...more })));

test("the host is the caller's, or else the secret's", () => {
  expect(serverHost(secret({ host: "of-secret" }), "given", "pool.host")).toBe("given");
  expect(serverHost(secret({ host: "of-secret" }), undefined, "pool.host")).toBe("of-secret");
});

test("without any host the error says where to give one", () => {
  expect(() => serverHost(secret({}), undefined, "pool.host")).toThrow(
    expect.objectContaining({
      code: "secret-malformed",
      context: { field: "host", problem: "missing" },
      hint: 'add "host" to the secret\'s JSON, or give it as pool.host',
    }),
  );
});

const tlsCa = "a certificate";

test("without TLS there are no options for it", () =>
  expect(tlsOptions({ tlsMode: "disable", tlsCa })).toBeUndefined());

test.each(["verify-full", undefined] as const)("by the mode %s certificate and name are verified", (tlsMode) => {
  expect(tlsOptions({ tlsMode, tlsCa: undefined })).toStrictEqual({ rejectUnauthorized: true });
  expect(tlsOptions({ tlsMode, tlsCa })).toStrictEqual({ rejectUnauthorized: true, ca: tlsCa });
});

test("by the mode verify-ca any name of the certificate will do", () => {
  const options = tlsOptions({ tlsMode: "verify-ca", tlsCa });
  expect(options).toEqual({ rejectUnauthorized: true, ca: tlsCa, checkServerIdentity: expect.any(Function) });
  expect(options?.checkServerIdentity?.()).toBeUndefined();
});

test("by the mode require any certificate will do", () => {
  expect(tlsOptions({ tlsMode: "require", tlsCa: undefined })).toStrictEqual({ rejectUnauthorized: false });
});
