import { defineScript, RESP_TYPES } from "@redis/client";
import { next, outcome, row, type Subject } from "./redis-subject.ts";
import type { Row } from "./surface.ts";

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
        const names = Object.keys(client.getPubSubListeners("CHANNELS"));
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
      legacy.sendCommand("ECHO", "old", (error: unknown, reply: unknown) => resolve([error, reply])),
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
];
