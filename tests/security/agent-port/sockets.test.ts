import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { expect, test } from "vitest";
import { agentStage, agentTokenText, ask } from "../../support/agent-stage.ts";

/** Connections that were made and have sent this; what the agent closes of them is no error. */
async function sockets(port: number, count: number, text: string): Promise<Disposable & { readonly all: Socket[] }> {
  const all = Array.from({ length: count }, () => connect({ host: "127.0.0.1", port }).on("error", () => undefined));
  await Promise.all(
    all.map(async (socket) => {
      await once(socket, "connect").catch(() => undefined);
      socket.write(text);
    }),
  );
  return {
    all,
    [Symbol.dispose]: () => {
      for (const socket of all) socket.destroy();
    },
  };
}

const closed = async (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    if (socket.closed) resolve();
    else socket.resume().once("close", () => resolve());
  });

const answered = async (socket: Socket): Promise<void> =>
  new Promise((resolve) => void socket.once("data", () => resolve()).once("close", () => resolve()));

const unfinished = "GET /v1/a HTTP/1.1\r\nHost: localhost\r\nX-Slow: ";
const withoutToken = "GET /v1/a HTTP/1.1\r\nHost: localhost\r\n\r\n";

test("connections that never finish their headers, more than the agent takes, do not keep out who has the token", async () => {
  await using stage = await agentStage({ maxConnections: 150 });
  await stage.secrets.createSecret({ Name: "a", SecretString: "x" });
  using _slow = await sockets(stage.agent.port, 1_000, unfinished);
  expect(await stage.get("/v1/a")).toMatchObject({ status: 200 });
  expect(await ask(stage.agent.port, "/ping", { headers: {} })).toMatchObject({ status: 200 });
});

test("connections that were refused and stay open, more than the agent takes, do not keep out who has the token", async () => {
  await using stage = await agentStage({ maxConnections: 150 });
  await stage.secrets.createSecret({ Name: "a", SecretString: "x" });
  using refused = await sockets(stage.agent.port, 700, withoutToken);
  await Promise.all(refused.all.slice(-150).map(answered));
  expect(await stage.get("/v1/a")).toMatchObject({ status: 200 });
});

test("a caller with the token keeps its connection while others without it open more than the agent takes", async () => {
  await using stage = await agentStage({ maxConnections: 10 });
  await stage.secrets.createSecret({ Name: "a", SecretString: "x" });
  using kept = await sockets(
    stage.agent.port,
    1,
    `GET /v1/a HTTP/1.1\r\nHost: localhost\r\nX-Vault-Token: ${agentTokenText}\r\n\r\n`,
  );
  const [caller] = kept.all;
  if (caller === undefined) throw new Error("no connection");
  await once(caller, "data");
  using _slow = await sockets(stage.agent.port, 1_000, unfinished);
  caller.write(`GET /v1/a HTTP/1.1\r\nHost: localhost\r\nX-Vault-Token: ${agentTokenText}\r\n\r\n`);
  expect(String((await once(caller, "data"))[0])).toContain("200 OK");
  expect(await stage.get("/v1/a")).toMatchObject({ status: 200 });
});

test("slow connections to the listener for probes do not make a health check fail", async () => {
  await using stage = await agentStage({ metricsListener: { address: "127.0.0.1", port: 0 } });
  const port = stage.agent.metricsPort ?? 0;
  using _slow = await sockets(port, 1_000, unfinished);
  expect(await ask(port, "/ping", { headers: {} })).toMatchObject({ status: 200 });
});

test("a connection whose headers do not arrive is closed when their time is over, and not when somebody looks", async () => {
  await using stage = await agentStage({ headerTimeoutMs: 100 });
  using slow = await sockets(stage.agent.port, 1, unfinished);
  const [socket] = slow.all;
  if (socket === undefined) throw new Error("no connection");
  await closed(socket);
  expect(stage.agent.connections).toBe(0);
});

test("a thousand requests sent at once on one connection make the source be asked a few times only", async () => {
  await using stage = await agentStage();
  stage.stack.aws.faults.inject({ kind: "delay", operation: "GetSecretValue", delayMs: 300 });
  const requests = Array.from(
    { length: 1_000 },
    (_, each) => `GET /v1/invented-${each} HTTP/1.1\r\nHost: localhost\r\nX-Vault-Token: ${agentTokenText}\r\n\r\n`,
  );
  using burst = await sockets(stage.agent.port, 1, requests.join(""));
  const [socket] = burst.all;
  if (socket === undefined) throw new Error("no connection");
  await closed(socket);
  expect(stage.client.health().secrets).toBeLessThanOrEqual(8);
});
