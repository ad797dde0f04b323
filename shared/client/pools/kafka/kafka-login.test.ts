import { expect, test } from "vitest";
import { SecretValue } from "../../../secrets/secret-value.ts";
import { brokerOf, givenBrokers, type LoginRules, loginOf } from "./kafka-login.ts";
import { parseLoginSecret } from "../../../secrets/database-secret.ts";

const anywhere: LoginRules = { mechanism: undefined, broker: undefined };
const versionOf = (fields: object) => ({
  versionId: "v1",
  value: new SecretValue(JSON.stringify({ username: "app", password: "p", ...fields })),
});
const refusal = (code: string, about: object) =>
  expect.objectContaining({ code, context: expect.objectContaining(about) });

test.each([
  [{}, "SCRAM-SHA-512"],
  [{ sasl_mechanism: "SCRAM-SHA-256" }, "SCRAM-SHA-256"],
  [{ sasl_mechanism: "SCRAM-SHA-512" }, "SCRAM-SHA-512"],
])("the secret %j logs in by %s", (fields, mechanism) => {
  expect(loginOf(versionOf(fields), anywhere)).toEqual({ versionId: "v1", mechanism, username: "app", password: "p" });
});

test.each(["PLAIN", "GSSAPI", "OAUTHBEARER", "scram-sha-512"])("a secret cannot choose the mechanism %j", (name) => {
  expect(() => loginOf(versionOf({ sasl_mechanism: name }), anywhere)).toThrow(
    refusal("secret-malformed", { field: "sasl_mechanism" }),
  );
});

test("the caller's PLAIN stands, whatever the secret says", () => {
  const rules: LoginRules = { ...anywhere, mechanism: "PLAIN" };
  expect(loginOf(versionOf({ sasl_mechanism: "SCRAM-SHA-256" }), rules).mechanism).toBe("PLAIN");
});

test.each([{ host: "b" }, { host: "a", port: 9094 }, {}])(
  "where the broker is the secret's, a version that names %j is for another one",
  (fields) => {
    const broker = brokerOf(parseLoginSecret(versionOf({ host: "a" }).value));
    expect(loginOf(versionOf({ host: "a", port: 9093 }), { ...anywhere, broker }).username).toBe("app");
    expect(() => loginOf(versionOf(fields), { ...anywhere, broker })).toThrow(
      refusal("secret-malformed", { field: "host" }),
    );
  },
);

test.each([
  ["broker.example:9093", { host: "broker.example", port: 9093 }],
  ["broker.example", { host: "broker.example", port: 9092 }],
  ["[::1]:9093", { host: "::1", port: 9093 }],
  [
    { host: "::1", port: 9093 },
    { host: "::1", port: 9093 },
  ],
])("the broker %j", (given, broker) => {
  expect(givenBrokers([given])).toEqual([broker]);
});

test.each([
  ["no array", "broker.example:9093"],
  ["nothing", []],
  ["a credential", ["user:canary@broker.example:9093"]],
  ["a URL", ["kafka://broker.example:9093"]],
  ["a half", [{ host: "broker.example" }]],
  ["null", [null]],
])("%s is no list of brokers", (_what, given) => {
  expect(() => givenBrokers(given as never)).toThrow(refusal("option-invalid", { option: "bootstrapBrokers" }));
});
