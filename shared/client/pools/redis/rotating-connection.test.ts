import { EventEmitter } from "node:events";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { RekeyError } from "../../../errors/rekey-error.ts";
import { type FakeSecretClient, fakeSecretClient } from "../../../testing/fake-secret-client.ts";
import type { RedisLogin } from "./redis-login.ts";
import {
  createRotatingConnection,
  type RotatingConnection,
  type RotatingConnectionOptions,
} from "./rotating-connection.ts";

const refusal = new Error("WRONGPASS invalid username-password pair");

/** The driver's client without a server: it logs in as its options say. */
class FakeRedis extends EventEmitter {
  isReady = false;
  isOpen = false;
  readonly options: RedisLogin;
  readonly commands: string[][] = [];
  readonly passwords: string[] = [];

  constructor(options: RedisLogin) {
    super();
    this.options = options;
    made.push(this);
  }
  /** One attempt to connect. */
  async attempt(): Promise<void> {
    const { password } = await this.options.credentialsProvider.credentials();
    this.passwords.push(password);
    if (wrong.has(password)) throw refusal;
    this.isReady = true;
    this.emit("ready");
  }
  async connect(): Promise<void> {
    this.isOpen = true;
    for (let retries = 0; !this.isReady; retries++) {
      try {
        await this.attempt();
      } catch (error) {
        this.emit("error", error);
        const next = this.options.socket.reconnectStrategy(retries, error as Error);
        if (next instanceof Error) throw next;
      }
    }
  }
  /** The server, or the network, cuts it. */
  lose(error: Error): void {
    this.isReady = false;
    this.emit("error", error);
  }
  async sendCommand(command: string[]): Promise<unknown> {
    this.commands.push(command);
    return replying(command);
  }
  async close(): Promise<void> {
    await closing;
    this.destroy();
  }
  destroy(): void {
    this.isOpen = false;
    this.isReady = false;
  }
}

let made: FakeRedis[];
let wrong: Set<string>;
let replying: (command: string[]) => unknown;
let closing: Promise<void>;
let client: FakeSecretClient;
let told: { readonly secretId?: string; readonly error: RekeyError }[];
let connection: RotatingConnection<FakeRedis> | undefined;

const login = (password: string): object => ({ username: "u", password, host: "h", ssl: false });
const start = async (
  more: Partial<RotatingConnectionOptions<FakeRedis>> = {},
): Promise<RotatingConnection<FakeRedis>> =>
  (connection = await createRotatingConnection({
    client,
    secretId: "a",
    createClient: (options) => new FakeRedis(options),
    heartbeatMs: 0,
    ...more,
  }));
const end = async (work: Promise<unknown>): Promise<unknown> => work.catch((error: unknown) => error);
const turn = async (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const sent = (name: string): string[][] => (made[0]?.commands ?? []).filter(([command]) => command === name);
const codes = (): string[] => told.map(({ error }) => error.code);

beforeEach(() => {
  [made, wrong, told, connection] = [[], new Set(), [], undefined];
  replying = ([command]) => (command === "CLIENT" ? 7 : "OK");
  closing = Promise.resolve();
  client = fakeSecretClient({ a: login("one") });
  client.on("error", (failure) => told.push(failure));
});
afterEach(async () => {
  await connection?.end();
  await client.close();
});

describe("the first connection", () => {
  test("logs in as the secret says, and asks nobody else before", async () => {
    const { redis, versionId, refusedLogins } = await start();
    expect(redis.options).toMatchObject({ socket: { host: "h", port: 6379 }, database: 0 });
    expect([redis.passwords, made.length]).toEqual([["one"], 1]);
    expect([versionId, refusedLogins]).toEqual([(await client.get("a")).versionId, 0]);
    expect([redis.isReady, told]).toEqual([true, []]);
  });

  test("takes AWSPENDING where AWSCURRENT is refused", async () => {
    wrong.add("one");
    const pending = client.secrets.putPending("a", login("two"));
    const { versionId, refusedLogins } = await start({ reconnectDelayMs: () => 0 });
    expect([versionId, refusedLogins]).toEqual([pending, 1]);
  });

  test("fails where every credential is refused, and leaves nothing open", async () => {
    wrong.add("one");
    expect(await end(start())).toMatchObject({ code: "credential-refused", context: { secret: "a" } });
    expect(made[0]?.isOpen).toBe(false);
  });

  test.each([
    ["no client", () => undefined as never],
    ["a client that is open", (options: RedisLogin) => Object.assign(new FakeRedis(options), { isOpen: true })],
  ])("fails where createClient gives %s", async (_, createClient) => {
    expect(await end(start({ createClient }))).toMatchObject({
      code: "option-invalid",
      context: { option: "createClient" },
    });
  });

  test("fails with the client's error where there is no secret", async () => {
    expect(await end(start({ secretId: "missing" }))).toMatchObject({ code: "secret-not-found" });
  });
});

describe("a rotation", () => {
  test("logs in again on the connection that there is", async () => {
    const { redis } = await start();
    const versionId = await client.rotate("a", login("two"));
    await turn();
    expect(sent("AUTH")).toEqual([["AUTH", "u", "two"]]);
    expect([connection?.versionId, redis.isReady, made.length]).toEqual([versionId, true, 1]);
  });

  test("of another secret changes nothing", async () => {
    client.secrets.put("b", login("other"));
    await start();
    await client.get("b");
    await client.rotate("b", login("another"));
    await turn();
    expect(sent("AUTH")).toEqual([]);
  });

  test("to a login that the server refuses is reported, and the connection stays as it is", async () => {
    await start();
    const before = connection?.versionId;
    replying = () => Promise.reject(refusal);
    const version = await client.rotate("a", login("two"));
    await turn();
    expect(told).toMatchObject([
      { secretId: "a", error: { code: "credential-refused", context: { secret: "a", version, reason: "WRONGPASS" } } },
    ]);
    expect([connection?.versionId, connection?.refusedLogins]).toEqual([before, 1]);
  });

  test("that the server answers otherwise is reported with a hint, and one without an answer is not", async () => {
    await start();
    replying = () => Promise.reject(new Error("ERR Can't execute 'auth': only (P|S)SUBSCRIBE are allowed"));
    const version = await client.rotate("a", login("two"));
    await turn();
    expect(told).toMatchObject([
      {
        error: {
          code: "database-failed",
          context: { version, reason: "ERR" },
          hint: expect.stringContaining("duplicate()"),
        },
      },
    ]);
    replying = () => Promise.reject(new Error("Socket closed"));
    await client.rotate("a", login("three"));
    await turn();
    expect([told.length, connection?.refusedLogins]).toEqual([1, 0]);
  });

  test("to a value of no use is reported once, and nothing is sent", async () => {
    await start();
    await client.rotate("a", "no login");
    await turn();
    expect([codes(), sent("AUTH")]).toEqual([["secret-malformed"], []]);
  });

  test("that comes while there is no connection is made up for once there is one", async () => {
    const { redis } = await start();
    redis.lose(new Error("cut"));
    await client.rotate("a", login("two"));
    await turn();
    expect(sent("AUTH")).toEqual([]);
    await redis.attempt();
    await turn();
    expect(redis.passwords).toEqual(["one", "two"]);
    expect(connection?.versionId).toBe((await client.get("a")).versionId);
  });
});

describe("a lost connection", () => {
  test("is reported once, by the error's code, reply or name, until it is back", async () => {
    const { redis } = await start();
    redis.lose(Object.assign(new Error("canary"), { code: "ECONNRESET" }));
    redis.lose(new Error("canary"));
    expect(told).toMatchObject([
      { secretId: "a", error: { code: "connection-lost", context: { secret: "a", reason: "ECONNRESET" } } },
    ]);
    await redis.attempt();
    redis.lose(new Error("LOADING Redis is loading the dataset in memory"));
    await redis.attempt();
    redis.lose(new TypeError("canary"));
    expect(told.map(({ error }) => error.context["reason"])).toEqual(["ECONNRESET", "LOADING", "TypeError"]);
  });

  test("comes back by the newest credential that the server takes, which a connection of its own tries", async () => {
    const { redis } = await start();
    redis.lose(new Error("cut"));
    client.secrets.put("a", login("two"));
    wrong.add("one");
    await redis.attempt();
    expect(redis.passwords).toEqual(["one", "two"]);
    expect(made.slice(1).map(({ passwords, isOpen }) => [passwords, isOpen])).toEqual([
      [["one"], false],
      [["two"], false],
    ]);
    expect(connection?.refusedLogins).toBe(1);
  });

  test("comes back by the login that it had where the source fails", async () => {
    const { redis } = await start();
    redis.lose(new Error("cut"));
    client.invalidate("a");
    client.secrets.fail(new RekeyError("store-rejected"));
    await redis.attempt();
    expect(redis.passwords).toEqual(["one", "one"]);
  });
});

describe("the time before the next attempt to connect", () => {
  test("is the caller's", async () => {
    const { redis } = await start({ reconnectDelayMs: (retries) => 7 * retries });
    expect(redis.options.socket.reconnectStrategy(3, new Error("cut"))).toBe(21);
  });

  test("is doubled up to two seconds, with jitter", async () => {
    const random = vi.spyOn(Math, "random");
    const { redis } = await start();
    const delays = [0, 1, 5, 6].map((retries) => {
      random.mockReturnValue(0.5);
      return redis.options.socket.reconnectStrategy(retries, new Error("cut"));
    });
    expect(delays).toEqual([50, 100, 1_600, 2_000]);
    random.mockReturnValue(0);
    expect(redis.options.socket.reconnectStrategy(0, new Error("cut"))).toBe(37.5);
    random.mockRestore();
  });
});

describe("the end", () => {
  test("closes the connection in order, once, and nothing logs in after it", async () => {
    const { redis, end: close } = await start();
    const closed = vi.spyOn(redis, "close");
    await Promise.all([close(), close()]);
    await client.rotate("a", login("two"));
    await turn();
    expect([closed.mock.calls.length, redis.isOpen, sent("AUTH")]).toEqual([1, false, []]);
  });

  test("cuts what is not finished in its time", async () => {
    closing = new Promise(() => undefined);
    const { redis, end: close } = await start({ drainTimeoutMs: 1 });
    await close();
    expect(redis.isOpen).toBe(false);
  });

  test("cuts a connection that is lost at once, and leaves a closed one alone", async () => {
    const { redis, end: close } = await start();
    redis.lose(new Error("cut"));
    const [closed, destroyed] = [vi.spyOn(redis, "close"), vi.spyOn(redis, "destroy")];
    await close();
    expect([closed.mock.calls.length, destroyed.mock.calls.length]).toEqual([0, 1]);
    const second = await start();
    second.redis.destroy();
    const again = vi.spyOn(second.redis, "destroy");
    await second[Symbol.asyncDispose]();
    expect(again).not.toHaveBeenCalled();
  });
});
