import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import { sharedLimit } from "./shared-limit.ts";

/** Pools of two credentials: one that drains, with all of its connections in use, and the newest one, which begins empty. */
function pools(most: number, openOfReplaced: number) {
  const replaced = { asked: 0, open: openOfReplaced, idle: 0 };
  const newest = { asked: 0, open: 0, idle: 0 };
  const given: number[] = [];
  let highest = replaced.open;
  const limit = sharedLimit({
    limit: () => most,
    newest: () => newest,
    replaced: () => (replaced.open > 0 ? [replaced] : []),
    isLimit: () => false,
    longestMs: 1_000,
  });
  return {
    replaced,
    newest,
    given,
    limit,
    highest: () => highest,
    inUse: () => newest.open - newest.idle,
    async enter(caller: number): Promise<void> {
      const ask = async (): Promise<void> => {
        // As the drivers' pools do once replaced connections are gone: their own limit makes callers wait.
        newest.asked++;
        await turn();
        newest.asked--;
        if (newest.idle > 0) newest.idle--;
        else newest.open++;
        highest = Math.max(highest, newest.open + replaced.open);
        given.push(caller);
        limit.changed();
      };
      await limit.enter(ask, new AbortController().signal);
    },
    release() {
      newest.idle++;
      limit.changed();
    },
    close() {
      replaced.open--;
      limit.changed();
    },
  };
}

test("while a credential drains no connection is above the limit, and callers get theirs in their order, all of them", async () => {
  const step = fc.constantFrom("enter", "release", "close", "wait");
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 2, max: 5 }),
      fc.nat(10),
      fc.array(step, { maxLength: 40 }),
      async (most, share, steps) => {
        const stage = pools(most, Math.max(1, Math.min(most - 1, share)));
        const entering: Promise<void>[] = [];
        for (const one of steps) {
          if (one === "enter") entering.push(stage.enter(entering.length));
          else if (one === "release" && stage.inUse() > 0) stage.release();
          // The last one stays, so that the limit is shared all the time.
          else if (one === "close" && stage.replaced.open > 1) stage.close();
          else await turn();
          const { asked, open, idle } = stage.newest;
          expect(asked + open - idle).toBeLessThanOrEqual(Math.max(most - stage.replaced.open, open));
        }
        while (stage.given.length < entering.length) {
          await turn();
          while (stage.inUse() > 0) stage.release();
        }
        await Promise.all(entering);
        expect(stage.highest()).toBeLessThanOrEqual(most);
        expect(stage.given).toEqual(entering.map((_, caller) => caller));
        expect(stage.limit.waiting).toBe(0);
      },
    ),
  );
});

test("a caller that is gone is not asked for, and those behind it move up", async () => {
  const stage = pools(2, 2);
  const gone = new AbortController();
  const asked: string[] = [];
  const first = stage.limit.enter(async () => void asked.push("first"), gone.signal);
  const second = stage.limit.enter(async () => void asked.push("second"), new AbortController().signal);
  expect(stage.limit.waiting).toBe(2);
  gone.abort(new Error("gone"));
  await expect(first).rejects.toThrow("gone");
  stage.close();
  await second;
  expect(asked).toEqual(["second"]);
});

test("the server's limit is waited out only while a replaced credential has connections, and is the caller's otherwise", async () => {
  let isFull = true;
  let open = 1;
  const limit = sharedLimit({
    limit: () => 5,
    newest: () => ({ asked: 0, open: 0, idle: 0 }),
    replaced: () => (open > 0 ? [{ asked: 0, open, idle: 0 }] : []),
    isLimit: (error) => error instanceof Error && error.message === "full",
    longestMs: 60_000,
  });
  const ask = async (): Promise<string> => {
    if (isFull) throw new Error("full");
    return "given";
  };
  const { signal } = new AbortController();
  const waiting = limit.enter(ask, signal);
  await turn();
  isFull = false;
  await expect(waiting).resolves.toBe("given");
  const other = sharedLimit({
    limit: () => 5,
    newest: () => ({ asked: 0, open: 0, idle: 0 }),
    replaced: () => [],
    isLimit: (error) => error instanceof Error && error.message === "full",
    longestMs: 60_000,
  });
  open = 0;
  isFull = true;
  await expect(other.enter(ask, signal)).rejects.toThrow("full");
});
