import { expect, test } from "vitest";
import { loopbackTarget } from "../../../tests/support/loopback-target.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import { loginsOnly } from "./engine-options.ts";
import { mskEngine } from "./msk-engine.ts";

const call = { signal: AbortSignal.timeout(10_000) };
const credential = { username: "orders", password: new SecretValue("canary-pencil") };
const target = loopbackTarget({ engine: "msk", tls: { mode: "verify-full" } });

test.each([
  ["a secret that MSK reads", { secretName: "AmazonMSK_orders" }, {}, "engine-unsupported", "MskSecretGrants"],
  [
    "a host of MSK Serverless",
    { host: "boot-a1b2c3.c4.kafka-serverless.eu-central-1.amazonaws.com" },
    {},
    "engine-unsupported",
    "IAM",
  ],
  ["a secret for SHA-256", {}, { saslMechanism: "SCRAM-SHA-256" }, "secret-malformed", "SCRAM-SHA-512"],
] as const)("%s is refused before any contact", async (_what, place, more, code, hint) => {
  const login = mskEngine(loginsOnly).login({ ...target, ...place }, { ...credential, ...more }, call);
  await expect(login).rejects.toMatchObject({ code, hint: expect.stringContaining(hint) });
});

test.each(["require", "verify-ca"] as const)(
  "TLS that verifies less, %s, is refused before any contact",
  async (mode) => {
    const login = mskEngine(loginsOnly).login({ ...target, tls: { mode } }, credential, call);
    await expect(login).rejects.toMatchObject({ code: "tls-refused" });
  },
);

test("an operator's tool neither reads nor writes a secret of MSK's", async () => {
  const { read, putLabelled } = loginsOnly.secrets;
  const version = { versionId: "v", value: new SecretValue(""), label: "AWSCURRENT" };
  await expect(read("arn", { label: "AWSCURRENT" }, call)).rejects.toMatchObject({ code: "engine-unsupported" });
  await expect(putLabelled("arn", version, call)).rejects.toMatchObject({ code: "engine-unsupported" });
});
