import { type createClient, defineScript, RESP_TYPES } from "@redis/client";
import type { Row } from "./surface.ts";

type Options = NonNullable<Parameters<typeof createClient>[0]>;
export type Client = ReturnType<typeof createClient>;

/** Makes a client with these options, which is connected when it comes. */
export interface Subject {
  open(options?: object): Promise<Client>;
  /** Before it is connected, for its events. */
  listen(options: object, listener: (client: Client) => void): Promise<Client>;
  /** Cuts the connection of this id at the server. */
  cut(connectionId: number): Promise<void>;
}

export async function outcome(work: () => unknown): Promise<unknown> {
  try {
    return { value: await work() };
  } catch (error) {
    const { name, message, code } = error as Error & { readonly code?: unknown };
    return { name, message: message.replaceAll(/:\d+/g, ""), code };
  }
}

/** What the next event of this name is given; unlike `once` of Node it is not in the way of errors. */
const next = async (client: Client, event: string): Promise<unknown[]> =>
  new Promise((resolve) => void client.once(event, (...about: unknown[]) => resolve(about)));

const row = (
  name: string,
  covers: readonly string[],
  options: Options | object,
  observe: (client: Client, subject: Subject) => Promise<unknown>,
): Row<Subject> => ({
  name,
  covers,
  async run(subject) {
    const client = await subject.open(options);
    const observation = await observe(client, subject);
    if (client.isOpen) client.destroy();
    return observation;
  },
});

/** An option whose effect is that commands work, and that the client shows it. */
const option = (
  name: string,
  value: unknown,
  observe: (client: Client) => Promise<unknown> = async (client) => client.ping(),
): Row<Subject> =>
  row(
    `option ${name}: ${typeof value === "object" ? "an object" : String(value)}`,
    [name],
    { [name]: value },
    async (client) => {
      const shown = (client.options as Readonly<Record<string, unknown>>)[name];
      return [typeof shown === "object" ? typeof shown : shown, await observe(client)];
    },
  );

/** One inside `socket`. */
const socketOption = (name: string, value: unknown): Row<Subject> =>
  row(`option socket.${name}: ${String(value)}`, [`socket.${name}`], { socket: { [name]: value } }, async (client) => [
    (client.options.socket as Readonly<Record<string, unknown>>)[name],
    await client.ping(),
  ]);

const add = defineScript({
  SCRIPT: "return tonumber(ARGV[1]) + 1",
  NUMBER_OF_KEYS: 0,
  parseCommand: (parser: { push(...words: readonly string[]): void }, value: string) => parser.push(value),
  transformReply: (reply: number) => reply,
} as never);

const collected = async <Page>(pages: AsyncIterable<Page>): Promise<Page[]> => {
  const all: Page[] = [];
  for await (const page of pages) all.push(page);
  return all;
};

export const redisRows: readonly Row<Subject>[] = [
  row("commands and their errors", ["sendCommand"], {}, async (client) => [
    await client.flushDb(),
    await client.set("surface:a", "1"),
    await client.incr("surface:a"),
    await client.hSet("surface:h", { x: "1" }),
    await client.hGetAll("surface:h"),
    await outcome(() => client.lPush("surface:a", "x")),
    await outcome(() => client.sendCommand(["NOSUCH"])),
    await client.sendCommand(["ECHO", "hi"]),
  ]),
  row("multi, pipelines, WATCH", ["isWatching", "isDirtyWatch", "setDirtyWatch"], {}, async (client) => {
    await client.watch("surface:w");
    const watching = client.isWatching;
    await client.sendCommand(["SET", "surface:w", "2"]);
    return [
      watching,
      await outcome(() => client.multi().set("surface:w", "3").exec()),
      client.isWatching,
      await client.multi().set("surface:w", "4").get("surface:w").exec(),
      await client.multi().ping().execAsPipeline(),
      (client.setDirtyWatch("moved"), client.isDirtyWatch),
      await outcome(() => client.multi().ping().exec()),
    ];
  }),
  row(
    "type mappings, command options, asap, abort",
    ["withTypeMapping", "withCommandOptions", "withAbortSignal", "asap"],
    {},
    async (client) => {
      await client.set("surface:b", "bytes");
      return [
        await client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer }).get("surface:b"),
        await client.withCommandOptions({ asap: true }).get("surface:b"),
        await client.asap().ping(),
        await outcome(() => client.withAbortSignal(AbortSignal.abort()).ping()),
      ];
    },
  ),
  row(
    "iterators",
    ["scanIterator", "hScanIterator", "hScanNoValuesIterator", "hScanValuesIterator", "sScanIterator", "zScanIterator"],
    {},
    async (client) => {
      await client.hSet("surface:h", { x: "1" });
      await client.sAdd("surface:s", "m");
      await client.zAdd("surface:z", { value: "m", score: 1 });
      return [
        (await collected(client.scanIterator({ MATCH: "surface:h" }))).flat(),
        await collected(client.hScanIterator("surface:h")),
        await outcome(() => collected(client.hScanNoValuesIterator("surface:h"))),
        await outcome(() => collected(client.hScanValuesIterator("surface:h"))),
        await collected(client.sScanIterator("surface:s")),
        await collected(client.zScanIterator("surface:z")),
      ];
    },
  ),
  ...([2, 3] as const).map((RESP) =>
    row(
      `pub/sub with RESP ${RESP}`,
      ["isPubSubActive", "getPubSubListeners", "extendPubSubListeners", "extendPubSubChannelListeners"],
      { RESP },
      async (client, { open }) => {
        const heard: unknown[] = [];
        const publisher = await open();
        await client.subscribe("surface:c", (message, channel) => heard.push([channel, message]));
        await client.pSubscribe("surface:*", (message) => heard.push(message));
        const active = client.isPubSubActive;
        const received = await publisher.publish("surface:c", "hello");
        while (heard.length < 2) await new Promise((resolve) => setImmediate(resolve));
        const names = [...Object.keys(client.getPubSubListeners("CHANNELS"))];
        await client.unsubscribe();
        await client.pUnsubscribe();
        publisher.destroy();
        return [active, received, heard, names, client.isPubSubActive];
      },
    ),
  ),
  row("RESP 2 and 3 replies", [], { RESP: 2 }, async (client) => [
    await client.hGetAll("surface:h"),
    client.options.RESP,
  ]),
  row("duplicate: another connection as the same user", ["duplicate"], { name: "surface" }, async (client) => {
    const other = await client.duplicate({ database: 1 }).connect();
    const seen = [
      await other.clientGetName(),
      other.options.database,
      (await other.sendCommand(["ACL", "WHOAMI"])) === (await client.sendCommand(["ACL", "WHOAMI"])),
    ];
    other.destroy();
    return seen;
  }),
  row("createPool", ["createPool"], {}, async (client) => {
    const pool = await client.createPool({ minimum: 1 }).connect();
    const answer = await pool?.ping();
    pool?.destroy();
    return answer;
  }),
  row("legacy", ["legacy"], {}, async (client) => {
    const legacy = client.legacy();
    return new Promise((resolve) =>
      legacy.sendCommand("ECHO", "old", ((error: unknown, reply: unknown) => resolve([error, reply])) as never),
    );
  }),
  row("scripts", ["scripts"], { scripts: { add } }, async (client) =>
    (client as unknown as { add(value: string): Promise<unknown> }).add("41"),
  ),
  row(
    "modules",
    ["modules"],
    {
      modules: {
        own: {
          echo: {
            parseCommand: (parser: { push(...words: readonly string[]): void }, text: string) =>
              parser.push("ECHO", text),
            transformReply: undefined,
          },
        },
      },
    },
    async (client) => (client as unknown as { own: { echo(text: string): Promise<unknown> } }).own.echo("module"),
  ),
  row(
    "functions",
    ["functions"],
    { functions: { own: { nope: { NUMBER_OF_KEYS: 0, parseCommand: () => undefined, transformReply: undefined } } } },
    async (client) => outcome(() => (client as unknown as { own: { nope(): Promise<unknown> } }).own.nope()),
  ),
  row(
    "states of a connection",
    ["isOpen", "isReady", "socketEpoch", "close", "destroy", "disconnect"],
    {},
    async (client) => {
      const open = [client.isOpen, client.isReady, client.socketEpoch];
      await client.close();
      return [
        open,
        client.isOpen,
        client.isReady,
        await outcome(() => client.ping()),
        await outcome(() => client.close()),
      ];
    },
  ),
  row("destroy fails what waits", ["destroy"], {}, async (client) => {
    const waiting = outcome(() => client.blPop("surface:none", 0));
    await client.ping({} as never).catch(() => undefined);
    client.destroy();
    return waiting;
  }),
  row("connect on an open client", ["connect"], {}, async (client) => outcome(() => client.connect())),
  row("ref, unref, reset, resetIfDirty", ["ref", "unref", "reset", "resetIfDirty"], {}, async (client) => {
    client.unref();
    client.ref();
    await client.select(1);
    await client.reset();
    return [await client.ping(), client.resetIfDirty()];
  }),
  {
    name: "events of a first connection",
    covers: ["event connect", "event ready", "event end"],
    async run({ listen }) {
      const seen: string[] = [];
      const client = await listen({}, (made) => {
        for (const event of ["connect", "ready", "reconnecting", "end", "error"])
          made.on(event, () => seen.push(event));
      });
      await client.close();
      return seen;
    },
  },
  row(
    "events of a connection that is cut, and what waits",
    ["event error", "event reconnecting"],
    {},
    async (client, { cut }) => {
      const seen: string[] = [];
      for (const event of ["connect", "ready", "reconnecting", "end", "error"])
        client.on(event, () => seen.push(event));
      const id = await client.clientId();
      const waiting = outcome(() => client.blPop("surface:none", 0));
      const ready = next(client, "ready");
      await cut(id);
      const failed = await waiting;
      await ready;
      return [seen, failed, await client.ping()];
    },
  ),
  row("subscriptions come back after a cut", ["event reconnecting"], {}, async (client, { cut, open }) => {
    const heard: string[] = [];
    const id = await client.clientId();
    await client.subscribe("surface:back", (message) => heard.push(message));
    const ready = next(client, "ready");
    await cut(id);
    await ready;
    const publisher = await open();
    await publisher.publish("surface:back", "again");
    while (heard.length === 0) await new Promise((resolve) => setImmediate(resolve));
    publisher.destroy();
    return heard;
  }),
  row(
    "event invalidate",
    ["event invalidate", "emitInvalidate"],
    { RESP: 3, emitInvalidate: true },
    async (client, { open }) => {
      await client.set("surface:i", "1");
      await client.get("surface:i");
      const told = next(client, "invalidate");
      const other = await open();
      await other.set("surface:i", "2");
      other.destroy();
      return (await told).map(String);
    },
  ),
  row(
    "option clientSideCache",
    ["clientSideCache"],
    { RESP: 3, clientSideCache: { ttl: 0, maxEntries: 10 } },
    async (client) => {
      await client.set("surface:i", "1");
      return [await client.get("surface:i"), await client.get("surface:i"), client.clientSideCache?.stats().hitCount];
    },
  ),
  row("option disableOfflineQueue", ["disableOfflineQueue"], { disableOfflineQueue: true }, async (client, { cut }) => {
    const lost = next(client, "reconnecting");
    await cut(await client.clientId());
    await lost;
    return outcome(() => client.ping());
  }),
  row("option commandsQueueMaxLength", ["commandsQueueMaxLength"], { commandsQueueMaxLength: 20 }, async (client) => {
    await client.ping();
    const answers = await Promise.allSettled(Array.from({ length: 30 }, async () => client.ping()));
    return answers.map(({ status }) => status);
  }),
  row(
    "option socket.reconnectStrategy: false",
    ["socket.reconnectStrategy"],
    { socket: { reconnectStrategy: false } },
    async (client, { cut }) => {
      const failed = next(client, "error");
      await cut(await client.clientId());
      await failed;
      return [client.isOpen, await outcome(() => client.ping())];
    },
  ),
  row(
    "option socket.reconnectStrategy: a function",
    ["socket.reconnectStrategy"],
    { socket: { reconnectStrategy: (retries: number) => 10 + retries } },
    async (client, { cut }) => {
      const ready = next(client, "ready");
      await cut(await client.clientId());
      await ready;
      return client.ping();
    },
  ),
  row(
    "option socket.socketTimeout, by the driver's own strategy",
    ["socket.socketTimeout"],
    { socket: { socketTimeout: 200 } },
    async (client) => {
      const [error] = (await next(client, "error")) as [Error];
      return [error.message, client.isOpen];
    },
  ),
  row("options: what the client shows", ["options", "socket"], { name: "surface", RESP: 3 }, async (client) => {
    const { socket, credentialsProvider, username, password, ...shown } = client.options;
    return [shown.name, shown.RESP, typeof credentialsProvider, await credentialsOf(client)];
  }),
  row("options: a user and a password in them", ["username", "password"], {}, async (client) => [
    typeof client.options.username,
    typeof client.options.password,
  ]),
  row("reAuthenticate", ["reAuthenticate", "credentialsProvider"], {}, async (client) =>
    outcome(async () =>
      (client as unknown as { reAuthenticate(login: unknown): Promise<void> }).reAuthenticate(
        await credentialsOf(client),
      ),
    ),
  ),
  option("name", "surface", async (client) => client.clientGetName()),
  option("database", 3, async (client) =>
    client.sendCommand(["CLIENT", "INFO"]).then((info) => / db=(\d+)/.exec(String(info))?.[1]),
  ),
  option("keyPrefix", "app:", async (client) => {
    await client.set("k", "v");
    return client.sendCommand(["GET", "app:k"]);
  }),
  option("readonly", false),
  option("pingInterval", 50, async (client) => next(client, "ping-interval")),
  option("commandOptions", {}),
  option("disableClientInfo", true),
  option("clientInfoTag", "surface", async (client) =>
    client.sendCommand(["CLIENT", "INFO"]).then((info) => String(info).includes("surface")),
  ),
  option("maintNotifications", "disabled"),
  option("maintEndpointType", "auto"),
  option("maintRelaxedCommandTimeout", 1_000),
  option("maintRelaxedSocketTimeout", 1_000),
  socketOption("connectTimeout", 4_000),
  socketOption("noDelay", true),
  socketOption("keepAlive", true),
  socketOption("keepAliveInitialDelay", 1_000),
  row("option url: the place, without a user", ["url"], {}, async (client) => typeof client.options.url),
];

async function credentialsOf(client: Client): Promise<unknown> {
  const provider = client.options.credentialsProvider as unknown as { credentials(): Promise<object> };
  return Object.keys(await provider.credentials()).sort();
}
