import { EventEmitter } from "node:events";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createClient } from "@redis/client";
import { afterAll, beforeAll, describe } from "vitest";
import { createRotatingConnection } from "../../../shared/client/pools/redis/rotating-connection.ts";
import { type FakeSecretClient, fakeSecretClient } from "../../../shared/testing/fake-secret-client.ts";
import { redisServer, type RedisUnderTest, startRedis } from "../../support/redis.ts";
import { printFieldCases } from "../field-cases.ts";
import { redisOptionRows } from "./redis-options.ts";
import { redisRows } from "./redis-rows.ts";
import type { Client, Subject } from "./redis-subject.ts";
import { membersOf, optionsOf, type Row, testSurface } from "./surface.ts";

printFieldCases();
const account = { username: "surface", password: "it's a p@ss" };

const members = membersOf(createClient(), EventEmitter.prototype);
const plain = (name: string): string => name.replaceAll(/[-_]/g, "").toUpperCase();
/** A command has two names: as Redis writes it, and in camel case, one of them misspelled by the driver. */
const isCommand = (name: string): boolean =>
  /^[A-Z_-]+$/.test(name) ||
  name === "configResetStat" ||
  members.some((other) => other !== name && plain(other) === plain(name));
const commands = members.filter(isCommand);

/** Whatever is no command has rows of its own; each command is the driver's own function. */
const commandRow: Row<Subject> = {
  name: "each command is there",
  covers: commands,
  async run({ open }) {
    const client = await open();
    const theirs = createClient();
    const own = client as unknown as Readonly<Record<string, unknown>>;
    const seen = commands.map((name) => [
      name,
      own[name] === (theirs as unknown as typeof own)[name] || typeof own[name],
    ]);
    client.destroy();
    return seen;
  },
};

function surfaceOf(): readonly string[] {
  const folder = dirname(createRequire(import.meta.url).resolve("@redis/client"));
  const types = readFileSync(join(folder, "lib/client/index.d.ts"), "utf8");
  const text = types.replace(/interface RedisClientOptions<[\s\S]*?\{\n/, "interface RedisClientOptions {\n");
  const sockets = readFileSync(join(folder, "lib/client/socket.d.ts"), "utf8").replace(
    "type RedisSocketOptionsCommon = {",
    "interface RedisSocketOptionsCommon {",
  );
  /** Between the driver's own classes. */
  const internal = new Set(["himportRegistry"]);
  return [
    ...members,
    ...optionsOf(text, "RedisClientOptions").filter((name) => !internal.has(name)),
    ...optionsOf(sockets, "RedisSocketOptionsCommon").map((name) => `socket.${name}`),
    ...["connect", "ready", "end", "error", "reconnecting", "invalidate"].map((name) => `event ${name}`),
  ];
}

describe.skipIf(redisServer === undefined)(
  "@redis/client and the rotating connection side by side",
  { timeout: 30_000 },
  () => {
    let server: RedisUnderTest;
    let secrets: FakeSecretClient;
    beforeAll(async () => {
      server = await startRedis(redisServer ?? "");
      const { host, port, admin } = server;
      await admin("ACL", "SETUSER", account.username, "on", `>${account.password}`, "~*", "&*", "+@all");
      secrets = fakeSecretClient({ cache: { engine: "redis", host, port, ...account, ssl: false } });
    });
    afterAll(async () => {
      await secrets.close();
      await server.stop();
    });

    function subject(listen: Subject["listen"]): Subject {
      return {
        listen,
        open: async (options = {}) => listen(options, (client) => void client.on("error", () => undefined)),
        cut: async (id) => void (await server.admin("CLIENT", "KILL", "ID", `${id}`)),
      };
    }

    testSurface<Subject>({
      name: "redis",
      driver: () =>
        subject(async (options, listener) => {
          const socket = { host: server.host, port: server.port, ...(options as { socket?: object }).socket };
          const client = createClient({ ...account, ...options, socket }) as Client;
          listener(client);
          return client.connect();
        }),
      ours: () =>
        subject(async (options, listener) => {
          const { redis } = await createRotatingConnection({
            client: secrets,
            secretId: "cache",
            createClient: (login) => {
              const client = createClient({
                ...login,
                ...options,
                socket: { ...login.socket, ...(options as { socket?: object }).socket },
              }) as Client;
              listener(client);
              return client;
            },
          });
          return redis;
        }),
      rows: [commandRow, ...redisRows, ...redisOptionRows],
      members: surfaceOf(),
    });
  },
);
