import { expect, test } from "vitest";
import { explainLogin } from "./login-failure.ts";

const failed = (more: object): Error => Object.assign(new Error("canary"), more);

test.each<[string, unknown, unknown]>([
  [
    "a server without TLS",
    failed({ code: "ER_SERVER_SSL_DISABLED" }),
    { code: "tls-refused", context: { reason: "server without TLS" }, hint: expect.stringContaining("ssl: false") },
  ],
  [
    "a wrong password",
    failed({ errno: 1045, sqlState: "28000" }),
    { code: "credential-refused", context: { errno: 1045 } },
  ],
  ["the same code on no error", { code: "ER_SERVER_SSL_DISABLED" }, undefined],
  ["an unknown database", failed({ errno: 1049, sqlState: "42000" }), undefined],
])("%s", (_, error, explanation) => expect(explainLogin(error, true)).toStrictEqual(explanation));
