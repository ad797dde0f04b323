import { EventEmitter } from "node:events";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { probing } from "./probing.ts";
import type { RedisLogin } from "./redis-login.ts";
import { settled } from "../../../../tests/support/settled.ts";

const login = { username: "u", password: "p" };
const server = {
  socket: { host: "h", port: 1, signal: new AbortController().signal },
  database: 2,
} as unknown as RedisLogin;

/** The driver's client without a server. */
class FakeRedis extends EventEmitter {
  readonly isReady = false;
  isOpen = false;
  readonly options: RedisLogin;
  readonly commands: string[][] = [];
  destroys = 0;

  constructor(options: RedisLogin) {
    super();
    this.options = options;
  }
  async connect(): Promise<void> {
    this.isOpen = true;
    await connecting(this);
  }
  async sendCommand(command: string[]): Promise<unknown> {
    this.commands.push(command);
    return listed;
  }
  async close(): Promise<void> {
    this.destroy();
  }
  destroy(): void {
    this.isOpen = false;
    this.destroys++;
  }
}

let made: FakeRedis[];
let connecting: (redis: FakeRedis) => Promise<void>;
let listed: unknown;
const probe = (timeoutMs = 60_000) =>
  probing({
    createClient: (options) => {
      const redis = new FakeRedis(options);
      made.push(redis);
      return redis;
    },
    server,
    timeoutMs,
    secretId: "a",
  });

beforeEach(() => {
  made = [];
  connecting = async () => undefined;
  listed = "";
});
afterEach(() => vi.useRealTimers());

test("a login is tried on a connection of its own, which is closed again and never reconnects", async () => {
  vi.useFakeTimers();
  expect(await probe().accepts(login)).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
  const [redis] = made;
  expect(redis).toMatchObject({ isOpen: false, destroys: 1, options: { database: 2, socket: { host: "h", port: 1 } } });
  expect(redis?.options.socket).not.toHaveProperty("signal");
  expect(await redis?.options.credentialsProvider.credentials()).toEqual(login);
  const cause = new Error("cause");
  expect(redis?.options.socket.reconnectStrategy(0, cause)).toBe(cause);
});

test("a refused login is not accepted, and any other failure is an error", async () => {
  connecting = async () => Promise.reject(new Error("WRONGPASS invalid username-password pair"));
  expect(await probe().accepts(login)).toBe(false);
  const broken = new Error("connect ECONNREFUSED");
  connecting = async () => Promise.reject(broken);
  expect(await settled(probe().accepts(login))).toBe(broken);
  expect(made.map(({ isOpen, destroys }) => [isOpen, destroys])).toEqual([
    [false, 1],
    [false, 1],
  ]);
});

test("the first error of the connection is the one that counts, also where it connects", async () => {
  const first = new Error("first");
  connecting = async (redis) => {
    redis.emit("error", first);
    redis.emit("error", new Error("second"));
  };
  expect(await settled(probe().accepts(login))).toBe(first);
  connecting = async (redis) => {
    redis.emit("error", first);
    throw new Error("destroyed");
  };
  expect(await settled(probe().accepts(login))).toBe(first);
  expect(made.map(({ destroys }) => destroys)).toEqual([1, 1]);
});

const untilDestroyed = async (redis: FakeRedis): Promise<void> =>
  new Promise((_resolve, reject) => {
    redis.destroy = () => {
      redis.isOpen = false;
      reject(new Error("destroyed"));
    };
  });

test("an error of the connection ends a login that goes on", async () => {
  connecting = untilDestroyed;
  const failed = settled(probe().accepts(login));
  const first = new Error("first");
  made[0]?.emit("error", first);
  expect([await failed, made[0]?.isOpen]).toEqual([first, false]);
});

test("a server that does not answer in time is given up", async () => {
  vi.useFakeTimers();
  connecting = untilDestroyed;
  const failed = settled(probe(1_000).accepts(login));
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await failed).toMatchObject({ code: "time-budget-spent", context: { secret: "a", timeoutMs: 1_000 } });
  expect(vi.getTimerCount()).toBe(0);
});

test("a client that does not log in as its options say is refused before it connects", async () => {
  const own = probing({ createClient: () => new FakeRedis({} as RedisLogin), server, timeoutMs: 1_000, secretId: "a" });
  expect(await settled(own.accepts(login))).toMatchObject({
    code: "option-invalid",
    context: { option: "createClient" },
  });
});

test.each([
  ["id=7 addr=h flags=b db=0", true],
  ["id=7 addr=h flags=xNb db=0", true],
  ["id=7 addr=h flags=N db=0", false],
  ["id=7 name=b flags= db=0", false],
  ["id=7 myflags=b", false],
  ["", false],
])("of %s a command blocks the connection: %s", async (line, is) => {
  listed = line;
  expect(await probe().isBlocked(login, 7)).toBe(is);
  expect(made[0]?.commands).toEqual([["CLIENT", "LIST", "ID", "7"]]);
});

test("where the server cannot be asked, no command is known to block", async () => {
  connecting = async () => Promise.reject(new Error("connect ECONNREFUSED"));
  expect(await probe().isBlocked(login, 7)).toBe(false);
});
