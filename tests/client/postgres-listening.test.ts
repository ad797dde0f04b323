import { setImmediate as nextPacket } from "node:timers/promises";
import type postgres from "postgres";
import { expect, test } from "vitest";
import { listening } from "../../shared/client/pools/postgres/listening.ts";

/** Whoever listens hears the same in the same order: in one packet or in several. */
function serverOf(inOnePacket: readonly [old: boolean, next: boolean]) {
  const listeners: ((channel: string, payload: string) => void)[] = [];
  let released = 0;
  const connect = async (heard: (channel: string, payload: string) => void) => {
    listeners.push(heard);
    async function notify(_: TemplateStringsArray, markChannel: string, mark: string): Promise<void> {
      for (const [index, listener] of listeners.entries()) {
        listener("orders", "2");
        listener(markChannel, mark);
        for (const order of ["3", "4"]) {
          if (inOnePacket[index] === false) await nextPacket();
          listener("orders", order);
        }
      }
    }
    const sql = Object.assign(notify, { unsafe: async () => ({ state: {} }) });
    return { sql: sql as unknown as postgres.Sql, release: () => void released++ };
  };
  return { connect, listeners, released: () => released };
}

test.for([
  [true, true],
  [true, false],
  [false, true],
  [false, false],
] as const)(
  "what follows a mark is passed on once, in its order (in the packet of the mark: old %s, new %s)",
  async (inOnePacket) => {
    const server = serverOf(inOnePacket);
    const heard: string[] = [];
    const subject = listening(server.connect, (error) => expect.unreachable(String(error)));
    await subject.listen("orders", (payload) => heard.push(payload));
    server.listeners[0]?.("orders", "1");
    subject.move();
    await expect.poll(server.released).toBe(1);
    expect(heard).toEqual(["1", "2", "3", "4"]);
    await subject.end();
  },
);
