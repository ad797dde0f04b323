import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type postgres from "postgres";
import { callListener } from "../../call-listener.ts";
import type { Link } from "./credential-sql.ts";

type Connect = (heard: (channel: string, payload: string) => void, lost: () => void) => Promise<Link>;

interface Subscriber {
  readonly heard: (payload: string) => void;
  readonly listening: (() => void) | undefined;
}

/** A connection that listens, and whether what it hears is passed on. */
interface Ear {
  link: Link;
  isLost: boolean;
  /** What it heard while the one before still passes on; `undefined`: it passes on itself. */
  held: (readonly [channel: string, payload: string])[] | undefined;
  /** Called with each mark that it hears. */
  marked: (mark: string) => void;
}

export interface Listening {
  listen(channel: string, heard: (payload: string) => void, listening?: () => void): Promise<postgres.ListenMeta>;
  /** The newest credential listens in the place of the one before, and no notification is lost or heard twice. */
  move(): void;
  end(): Promise<void>;
}

const handoverMs = 10_000;
const longestPauseMs = 2_000;
const quoted = (channel: string): string => `"${channel.replaceAll('"', '""')}"`;

/**
 * LISTEN on a connection of its own. The server gives notifications to all who listen in the same order, so a mark on a
 * channel of its own tells two connections what both have heard: the old one passes on until the mark, the new one from it.
 */
export function listening(connect: Connect, failed: (error: unknown) => void): Listening {
  const markChannel = `rekey_${randomUUID()}`;
  const channels = new Map<string, Set<Subscriber>>();
  const over = new AbortController();
  let ear: Ear | undefined;
  let turn: Promise<unknown> = Promise.resolve();

  /** One after the other. */
  async function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const mine = turn.then(work);
    turn = mine.catch(() => undefined);
    return mine;
  }

  function passOn(channel: string, payload: string): void {
    for (const { heard } of channels.get(channel) ?? []) callListener("listen", () => heard(payload));
  }

  function takeOver(next: Ear, isMissing: boolean): void {
    const held = isMissing ? (next.held ?? []) : [];
    next.held = undefined;
    for (const [channel, payload] of held) passOn(channel, payload);
  }

  async function open(isHolding: boolean): Promise<Ear> {
    const next: Omit<Ear, "link"> = { isLost: false, held: isHolding ? [] : undefined, marked: () => undefined };
    const link = await connect(
      (channel, payload) => {
        if (channel === markChannel) next.marked(payload);
        else if (next.held === undefined) passOn(channel, payload);
        else next.held.push([channel, payload]);
      },
      () => {
        next.isLost = true;
        next.marked("");
        if (next === ear) recover();
      },
    );
    const linked: Ear = Object.assign(next, { link });
    try {
      for (const channel of [markChannel, ...channels.keys()]) await link.sql.unsafe(`LISTEN ${quoted(channel)}`);
      // What was lost before it was of use is told to nobody.
      if (next.isLost)
        throw Object.assign(new Error("the connection that listens was lost"), { code: "CONNECTION_CLOSED" });
    } catch (error) {
      link.release();
      throw error;
    }
    return linked;
  }

  function recover(): void {
    void inTurn(async () => {
      if (ear?.isLost !== true) return;
      ear.link.release();
      ear = undefined;
      for (
        let pauseMs = 50;
        channels.size > 0 && !over.signal.aborted;
        pauseMs = Math.min(2 * pauseMs, longestPauseMs)
      ) {
        try {
          ear = await open(false);
          for (const subscribers of channels.values())
            for (const { listening: again } of subscribers) if (again !== undefined) callListener("listen", again);
          return;
        } catch (error) {
          failed(error);
          await wait(pauseMs, undefined, { signal: over.signal }).catch(() => undefined);
        }
      }
    });
  }

  async function handOver(old: Ear): Promise<void> {
    const next = await open(true);
    const { link } = next;
    let marked = 0;
    const mark = randomUUID();
    // What is to be done at the mark is done before the notification after it, which may come in the same packet.
    const atMark = async (one: Ear, reached: () => void): Promise<boolean> =>
      new Promise((resolve) => {
        one.marked = (found) => {
          if (found === mark) reached();
          if (found === mark || one.isLost) resolve(found === mark);
        };
        if (one.isLost) resolve(false);
      });
    const late = wait(handoverMs, false, { ref: false, signal: over.signal }).catch(() => false);
    // From here on the new one passes on.
    const hasOld = atMark(old, () => (old.held = []));
    // It drops what the old one passes on: all that it hears before the mark.
    const hasNext = atMark(next, () => (marked = next.held?.length ?? 0));
    await link.sql`SELECT pg_notify(${markChannel}, ${mark})`.catch(() => undefined);
    const isGapless = await Promise.race([Promise.all([hasOld, hasNext]).then(([has]) => has), late]);
    old.held = [];
    if (isGapless) next.held?.splice(0, marked);
    ear = next;
    takeOver(next, true);
    old.link.release();
    if (next.isLost) recover();
  }

  async function unlisten(channel: string, subscriber: Subscriber): Promise<void> {
    const subscribers = channels.get(channel);
    if (subscribers?.delete(subscriber) !== true || subscribers.size > 0) return;
    channels.delete(channel);
    if (channels.size > 0) return void (await ear?.link.sql.unsafe(`UNLISTEN ${quoted(channel)}`));
    const last = ear;
    ear = undefined;
    last?.link.release();
  }

  return {
    listen: async (channel, heard, again) => {
      const subscriber: Subscriber = { heard, listening: again };
      const subscribers = channels.get(channel) ?? new Set();
      const isFirst = subscribers.size === 0;
      channels.set(channel, subscribers.add(subscriber));
      try {
        const state = await inTurn(async () => {
          if (ear === undefined || ear.isLost) ear = await open(false);
          else if (isFirst) await ear.link.sql.unsafe(`LISTEN ${quoted(channel)}`);
          return (await ear.link.sql.unsafe("SELECT 1")).state;
        });
        if (again !== undefined) callListener("listen", again);
        return {
          state,
          unlisten: async () => inTurn(async () => unlisten(channel, subscriber)),
        } as postgres.ListenMeta;
      } catch (error) {
        subscribers.delete(subscriber);
        if (subscribers.size === 0) channels.delete(channel);
        throw error;
      }
    },
    move() {
      void inTurn(async () => {
        if (ear !== undefined && !ear.isLost) await handOver(ear).catch(failed);
      });
    },
    async end() {
      over.abort();
      channels.clear();
      await turn;
      const last = ear;
      ear = undefined;
      last?.link.release();
    },
  };
}
