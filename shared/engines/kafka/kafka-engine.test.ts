import { expect, test } from "vitest";
import { loopbackTarget } from "../../../tests/support/loopback-target.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import { kafkaEngine } from "./kafka-engine.ts";
import { scramLogin } from "./scram-login.ts";
import { compactString, Reader, varint } from "./wire.ts";

const call = { signal: AbortSignal.timeout(10_000) };
const password = new SecretValue("pencil");
const target = loopbackTarget({ engine: "kafka", tls: { mode: "verify-full" } });

test.each([
  ["a host of MSK", { host: "b-1.orders.a1b2c3.c4.kafka.eu-central-1.amazonaws.com" }],
  ["a host of MSK in China", { host: "B-1.orders.a1b2c3.c4.KAFKA.cn-north-1.amazonaws.com.cn" }],
  ["a host of MSK Serverless", { host: "boot-a1b2c3.c4.kafka-serverless.eu-central-1.amazonaws.com" }],
  ["a secret that MSK reads", { secretName: "AmazonMSK_orders" }],
])("%s is refused before any contact", async (_what, of) => {
  const login = kafkaEngine().login({ ...target, ...of }, { username: "orders", password }, call);
  await expect(login).rejects.toMatchObject({ code: "engine-unsupported", context: { problem: "Amazon MSK" } });
});

test.each(["PLAIN", "SCRAM-SHA-1", "scram-sha-512"])("a secret for %s is refused before any contact", async (name) => {
  const login = kafkaEngine().login(target, { username: "orders", password, saslMechanism: name }, call);
  await expect(login).rejects.toMatchObject({ code: "secret-malformed", context: { field: "sasl_mechanism" } });
});

test.each(["require", "verify-ca"] as const)(
  "TLS that verifies less, %s, is refused before any contact",
  async (mode) => {
    const login = kafkaEngine().login({ ...target, tls: { mode } }, { username: "orders", password }, call);
    await expect(login).rejects.toMatchObject({ code: "tls-refused" });
  },
);

test("a name is one name, whatever is in it", () => {
  const { first } = scramLogin({ username: "a,n=admin=", password });
  expect(first).toMatch(/^n,,n=a=2Cn=3Dadmin=3D,r=[\w-]{32}$/u);
});

test("lengths of more than seven bits are written and read", () => {
  for (const value of [0, 127, 128, 16_383, 16_384, 2 ** 31]) expect(new Reader(varint(value)).varint()).toBe(value);
  expect(new Reader(compactString("ü".repeat(200))).compactString()).toBe("ü".repeat(200));
});
