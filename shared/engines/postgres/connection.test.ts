import { expect, test } from "vitest";
import { SecretValue } from "../../secrets/secret-value.ts";
import { postgresEngine } from "./postgres-engine.ts";
import { answerWith, authenticationRequest } from "./test-protocol.ts";
import { visitServer } from "../../../tests/support/engine-visit.ts";
import { done, loggedIn, message, ready, roguePostgres } from "../../../tests/support/rogue-postgres.ts";

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

test("bytes in clear behind the answer to the request for TLS are never taken for the server's own", async () => {
  const injected = Buffer.concat([Buffer.from("S"), message("E", "SFATAL\0C28P01\0Mno\0\0")]);
  await using server = await answerWith(injected);
  const { result } = await visitServer({ engine: "postgres", port: server.port, tls: { mode: "require" } });
  expect(result).toBe("connection-lost");
});

test.each([["X"], ["E"], ["\0"]])("%j in answer to the request for TLS ends the login", async (bytes) => {
  await using server = await answerWith(Buffer.from(bytes));
  const { result } = await visitServer({ engine: "postgres", port: server.port, tls: { mode: "require" } });
  expect(result).toBe("connection-lost");
});

test("a server that never answers the request for TLS ends with the call", async () => {
  await using server = await answerWith(Buffer.alloc(0));
  const visit = { engine: "postgres", port: server.port, tls: { mode: "require" }, deadlineMs: 300 } as const;
  expect(await visitServer(visit)).toMatchObject({ result: "time-budget-spent" });
});

test("a server that is slower than the call, one byte at a time, ends with the call", async () => {
  const notices = Buffer.alloc(1_000, message("N", "SNOTICE\0\0"));
  await using server = await roguePostgres(async ({ socket }) => {
    for (const byte of notices) {
      if (socket.destroyed) return;
      socket.write(Buffer.from([byte]));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });
  const outcome = await visitServer({ engine: "postgres", port: server.port, deadlineMs: 500 });
  expect(outcome).toMatchObject({ result: "time-budget-spent" });
});

test("a server that tells an error well before it is ready again is asked on, and its answers are in order", async () => {
  let losses = 0;
  await using server = await roguePostgres(async ({ next, send }) => {
    send(loggedIn, ready);
    for (;;) {
      const sql = (await next()).toString();
      if (!sql.includes("ALTER USER") || ++losses > 1) {
        send(done, ready);
        continue;
      }
      send(message("E", "SERROR\0C40001\0Mconcurrent update\0\0"));
      await new Promise((resolve) => setTimeout(resolve, 50));
      send(ready);
    }
  });
  const visit = { engine: "redshift", port: server.port, operation: "setPassword" } as const;
  expect(await visitServer(visit)).toEqual({ result: "done" });
});
