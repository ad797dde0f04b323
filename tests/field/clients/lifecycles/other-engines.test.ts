import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { describe, expect, onTestFinished, test } from "vitest";
import { mariadbd, startMysqlServer } from "../../../support/mysql-servers.ts";
import { redisServer, startRedis } from "../../../support/redis.ts";
import { fieldCase, printFieldCases } from "../../field-cases.ts";
import { duringTests } from "../../field-stage.ts";

const kind = "lifecycles";
const soon = { timeout: 60_000 };
const child = new URL("../../../support/lifecycles/one-engine-child.ts", import.meta.url);
printFieldCases();

interface Engine {
  readonly host: string;
  readonly port: number;
  setPassword(username: string, password: string): Promise<void>;
  /** Connections of the user that are open. */
  connections(username: string): Promise<number>;
  cut(username: string): Promise<void>;
  /** Keeps a `waiting` query waiting, until it is released. */
  hold(): Promise<() => Promise<void>>;
  waiting(username: string): Promise<number>;
  stop(): Promise<void>;
}

async function mariadbEngine(): Promise<Engine> {
  const server = await startMysqlServer("mariadb", mariadbd ?? "");
  const processes = async (username: string, more = ""): Promise<readonly number[]> =>
    (await server.admin(`SELECT ID AS id FROM information_schema.PROCESSLIST WHERE USER = '${username}'${more}`)).map(
      ({ id }) => Number(id),
    );
  return {
    host: server.host,
    port: server.port,
    setPassword: async (username, password) =>
      void (await server.admin(`CREATE OR REPLACE USER '${username}'@'%' IDENTIFIED BY '${password}'`)),
    connections: async (username) => (await processes(username)).length,
    async cut(username) {
      for (const id of await processes(username)) await server.admin(`KILL ${id}`);
    },
    async hold() {
      const holder = await server.connect(server.superuser);
      await holder.query("SELECT GET_LOCK('lifecycle', 0)");
      return async () => holder.end();
    },
    waiting: async (username) => (await processes(username, " AND STATE = 'User lock'")).length,
    stop: async () => server.stop(),
  };
}

async function redisEngine(): Promise<Engine> {
  const redis = await startRedis(redisServer ?? "");
  const clients = async (username: string, more = ""): Promise<number> =>
    String(await redis.admin("CLIENT", "LIST"))
      .split("\n")
      .filter((line) => line.includes(` user=${username} `) && line.includes(more)).length;
  return {
    host: redis.host,
    port: redis.port,
    setPassword: async (username, password) =>
      void (await redis.admin("ACL", "SETUSER", username, "reset", "on", `>${password}`, "~*", "&*", "+@all")),
    connections: clients,
    cut: async (username) => void (await redis.admin("CLIENT", "KILL", "USER", username)),
    hold: async () => async () => void (await redis.admin("RPUSH", "lifecycle", "go on")),
    waiting: async (username) => clients(username, " cmd=blpop "),
    stop: async () => redis.stop(),
  };
}

describe.each([
  ["mariadb", mariadbd, mariadbEngine],
  ["redis", redisServer, redisEngine],
] as const)("%s", (name, binary, startEngine) => {
  describe.skipIf(binary === undefined)("a service", () => {
    const engine = duringTests(startEngine);
    const secretOf = (username: string, password: string): object => {
      const { host, port } = engine;
      return { engine: name, host, port, ssl: false, username, password };
    };

    async function start(username: string): Promise<ChildProcess> {
      await engine.setPassword(username, "the-first-password");
      const service = fork(child, [name, JSON.stringify(secretOf(username, "the-first-password"))]);
      onTestFinished(() => void service.kill("SIGKILL"));
      expect((await once(service, "message"))[0]).toBe("ready");
      return service;
    }
    async function ask(service: ChildProcess, query: "short" | "waiting" = "short"): Promise<unknown> {
      const answered = once(service, "message");
      service.send({ query });
      return (await answered)[0] as unknown;
    }

    test(
      "answers the query that is under way at SIGTERM, closes its connections and ends with 0",
      fieldCase(kind, async () => {
        const service = await start("stopped");
        expect(await ask(service)).toBe("answered");
        const release = await engine.hold();
        const underWay = ask(service, "waiting");
        await expect.poll(async () => engine.waiting("stopped"), soon).toBe(1);
        const ended = once(service, "exit");
        service.kill("SIGTERM");
        await release();
        expect(await underWay).toBe("answered");
        expect(await ended).toEqual([0, null]);
        await expect.poll(async () => engine.connections("stopped"), soon).toBe(0);
      }),
    );

    test(
      "that was frozen while its password was changed and its connection cut fails at most the one query on it",
      fieldCase(kind, async () => {
        const service = await start("frozen");
        expect(await ask(service)).toBe("answered");
        service.kill("SIGSTOP");
        await engine.setPassword("frozen", "the-second-password");
        await engine.cut("frozen");
        service.send({ put: secretOf("frozen", "the-second-password") });
        service.kill("SIGCONT");
        const first = await ask(service);
        const later = [await ask(service), await ask(service)];
        expect(later).toEqual(["answered", "answered"]);
        expect(String(first)).toMatch(/^answered$|^failed: Error: (?:Connection lost|read ECONNRESET|Socket closed)/u);
        const ended = once(service, "exit");
        service.kill("SIGTERM");
        expect(await ended).toEqual([0, null]);
      }),
    );
  });
});
