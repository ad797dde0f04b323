import { expect, test } from "vitest";
import { SecretValue } from "../../secrets/secret-value.ts";
import { postgresEngine } from "./postgres-engine.ts";
import { answerWith, authenticationRequest } from "./test-protocol.ts";

test("an authentication method that the driver does not know is an error and does not end the process", async () => {
  await using server = await answerWith(authenticationRequest(7));
  const target = {
    engine: "postgres",
    host: "127.0.0.1",
    port: server.port,
    dbname: "postgres",
    tls: { mode: "disable" },
    options: new Map<string, string>(),
  } as const;
  const call = { signal: AbortSignal.timeout(8_000) };
  const login = postgresEngine().login(target, { username: "app", password: new SecretValue("p") }, call);
  await expect(login).rejects.toMatchObject({ code: "database-failed", context: { reason: "authentication method" } });
});
