import { createServer, type Server, type Socket } from "node:net";
import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { call, credential, redisEngineStage, targetOf } from "../../../tests/support/redis-engine-stage.ts";
import type { DatabaseTarget } from "../../ports/database-engine.ts";

const { engine } = redisEngineStage();

describe("on a server that misbehaves", () => {
  let server: Server;
  const sockets = new Set<Socket>();
  let answer: (socket: Socket) => void = () => undefined;
  let target: DatabaseTarget;

  beforeAll(async () => {
    server = createServer((socket) => {
      sockets.add(socket.on("error", () => undefined));
      socket.on("data", () => answer(socket));
    });
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
    const address = server.address();
    target = targetOf({ host: "127.0.0.1", port: typeof address === "object" && address !== null ? address.port : 0 });
  });
  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const failure = async (at = target, options = call): Promise<unknown> =>
    engine.login(at, credential("app", "canary-91c4"), options).catch((error: unknown) => error);

  test.each([
    ["-LOADING Redis is loading the dataset in memory", "database-busy"],
    ["-ERR max number of clients reached", "database-busy"],
    ["-BUSY Redis is busy running a script", "database-busy"],
    ["-CLUSTERDOWN The cluster is down", "database-busy"],
    ["-MASTERDOWN Link with MASTER is down", "database-read-only"],
    ["-READONLY You can't write against a read only replica.", "database-read-only"],
    ["-MISCONF Redis is configured to save RDB snapshots", "database-failed"],
    ["-NOAUTH Authentication required.", "credential-refused"],
    ["-DENIED Redis is running in protected mode", "credential-refused"],
    ["-NOPERM this user has no permissions", "database-rights-missing"],
    ["-ERR unknown command 'HELLO'", "engine-unsupported"],
    ["-NOPROTO unsupported protocol version", "engine-unsupported"],
    ["-OOM command not allowed when used memory > 'maxmemory'.", "database-busy"],
    ["-ERR you said canary-91c4", "database-failed"],
    ["HTTP/1.1 400 Bad Request", "server-misbehaved"],
  ])("the answer %s is %s, without its text", async (line, code) => {
    answer = (socket) => socket.write(`${line}\r\n`);
    const error = await failure();
    expect(error).toMatchObject({ code });
    expect(inspect(error)).not.toContain("canary-91c4");
  });

  test("a Sentinel is told apart from its primary", async () => {
    answer = (socket) => socket.write("%2\r\n+mode\r\n+sentinel\r\n+version\r\n+7.0.15\r\n");
    expect(await failure()).toMatchObject({ code: "secret-malformed", context: { field: "host" } });
  });

  test("a cut connection is connection-lost", async () => {
    answer = (socket) => socket.destroy();
    expect(await failure()).toMatchObject({ code: "connection-lost" });
  });

  test("silence is database-timeout, with TLS too", async () => {
    answer = () => undefined;
    const [plain, tls] = await Promise.all([failure(), failure({ ...target, tls: { mode: "verify-full" } })]);
    expect([plain, tls]).toMatchObject([{ code: "database-timeout" }, { code: "database-timeout" }]);
  });

  test("a call's end ends the wait", async () => {
    const abort = new AbortController();
    answer = () => abort.abort();
    expect(await failure(target, abort)).toMatchObject({ code: "time-budget-spent" });
  });
});
