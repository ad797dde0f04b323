import { expect, test } from "vitest";
import { tlsOptions } from "./server-settings.ts";

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
