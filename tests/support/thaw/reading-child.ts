import { setTimeout as pause } from "node:timers/promises";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { createSecretClient } from "../../../shared/client/secret-client.ts";
import { secretsManagerSource } from "../../../shared/client/sources/secrets-manager-source.ts";

/** A service that reads a secret all the time, and tells what each read gave, and when it was asked and answered. Ends with its input. */
const [, , endpoint = "", ttlMs = "", maxStaleMs = ""] = process.argv;
const client = createSecretClient({
  source: secretsManagerSource(
    new SecretsManagerClient({
      endpoint,
      region: "us-east-1",
      maxAttempts: 1,
      credentials: { accessKeyId: "AKIATEST", secretAccessKey: "test" },
    }),
  ),
  ttlMs: Number(ttlMs),
  maxStaleMs: Number(maxStaleMs),
  requestTimeoutMs: 700,
});
process.stdin.resume().once("end", () => process.exit(0));

const tell = (told: object): void => void process.stdout.write(`${JSON.stringify({ ...told, atMs: Date.now() })}\n`);
for (const event of ["stale", "error"] as const) client.on(event, ({ error }) => tell({ event, code: error.code }));
for (;;) {
  const askedAtMs = Date.now();
  const gave = await client.get("prod/orders").then(
    ({ value }) => value.reveal(),
    (error: unknown) => String(Reflect.get(Object(error), "code")),
  );
  tell({ gave, askedAtMs });
  await pause(15);
}
