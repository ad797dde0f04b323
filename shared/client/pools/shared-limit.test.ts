import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Occupancy, type SharedLimit, sharedLimit } from "./shared-limit.ts";

// Node's own are not among the fake timers.
vi.mock("node:timers/promises", () => ({
  setTimeout: async (ms: number, _value: unknown, { signal }: { readonly signal: AbortSignal }) =>
    new Promise((resolve, reject) => {
      setTimeout(resolve, ms);
      signal.addEventListener("abort", () => reject(signal.reason as Error));
    }),
}));

const full = new Error("too many connections");
const never = new AbortController().signal;
let newest: { -readonly [name in keyof Occupancy]: Occupancy[name] };
let replaced: { -readonly [name in keyof Occupancy]: Occupancy[name] }[];
let given: string[];

const made = (most: number): SharedLimit =>
  sharedLimit({
    limit: () => most,
    newest: () => newest,
    replaced: () => replaced,
    isLimit: (error) => error === full,
    longestMs: 5_000,
  });
/** Gets a connection by this name. */
const enter = async (limit: SharedLimit, name: string, signal = never): Promise<unknown> =>
  limit
    .enter(async () => {
      newest.open++;
      given.push(name);
    }, signal)
    .catch((error: unknown) => error);
const after = async (ms: number): Promise<void> => void (await vi.advanceTimersByTimeAsync(ms));

beforeEach(() => {
  vi.useFakeTimers();
  newest = { asked: 0, open: 0, idle: 0 };
  replaced = [];
  given = [];
});
afterEach(() => vi.useRealTimers());

describe("room for a connection", () => {
  test.each([
    ["without replaced ones the driver keeps the limit", { open: 9 }, [], true],
    ["what replaced ones leave is given", { open: 1 }, [{ open: 3 }], true],
    ["no more than that is given", { open: 2 }, [{ open: 3 }], false],
    ["an idle one is given again", { open: 2, idle: 1 }, [{ open: 3 }], true],
    ["those that are asked for count", { open: 1, asked: 1 }, [{ open: 3 }], false],
    ["replaced ones that are asked for count", { open: 1 }, [{ open: 2, asked: 1 }, { open: 1 }], false],
    ["where the newest have more already, their idle ones are given", { open: 4, idle: 1 }, [{ open: 3 }], true],
    ["where the newest have more already, no other is given", { open: 4 }, [{ open: 3 }], false],
    ["replaced ones that fill the limit leave none", {}, [{ open: 5 }], false],
    ["replaced ones beyond the limit leave none", {}, [{ open: 7 }], false],
  ])("%s", async (_, ofNewest, ofReplaced, isGiven) => {
    Object.assign(newest, ofNewest);
    replaced = ofReplaced.map((one) => ({ asked: 0, idle: 0, ...one }));
    const limit = made(5);
    void enter(limit, "a");
    await after(0);
    expect([given, limit.waiting]).toEqual(isGiven ? [["a"], 0] : [[], 1]);
  });
});

describe("those who wait", () => {
  const draining = (): SharedLimit => {
    replaced = [{ asked: 0, open: 2, idle: 0 }];
    newest.open = 1;
    return made(3);
  };

  test("are served in their order, each when there is room for one more, and none overtakes them", async () => {
    const limit = draining();
    for (const name of ["a", "b", "c"]) void enter(limit, name);
    await after(0);
    const [one] = replaced;
    if (one !== undefined) one.open = 1;
    void enter(limit, "d");
    await after(0);
    expect([given, limit.waiting]).toEqual([["a"], 3]);
    replaced = [];
    limit.changed();
    await after(0);
    expect([given, limit.waiting, vi.getTimerCount()]).toEqual([["a", "b", "c", "d"], 0, 0]);
  });

  test("may give up, with the reason of their signal, and those behind them move up", async () => {
    const limit = draining();
    const leaving = new AbortController();
    const [first, second] = [enter(limit, "a", leaving.signal), enter(limit, "b")];
    await after(0);
    const reason = new Error("out of time");
    leaving.abort(reason);
    expect(await first).toBe(reason);
    expect(limit.waiting).toBe(1);
    replaced = [];
    limit.changed();
    await second;
    expect(given).toEqual(["b"]);
  });

  test("are not disturbed by a signal that comes after their turn", async () => {
    const limit = draining();
    const leaving = new AbortController();
    const first = enter(limit, "a", leaving.signal);
    void enter(limit, "b");
    await after(0);
    newest.open = 0;
    limit.changed();
    expect(await first).toBeUndefined();
    leaving.abort();
    expect(limit.waiting).toBe(1);
  });

  test("get one more after a second where nobody has a connection of the newest credential", async () => {
    replaced = [{ asked: 0, open: 3, idle: 0 }];
    const limit = made(3);
    for (const name of ["a", "b"]) void enter(limit, name);
    await after(999);
    expect(given).toEqual([]);
    await after(1);
    expect(given).toEqual(["a"]);
    await after(5_000);
    expect(given).toEqual(["a"]);
    newest.idle = 1;
    await after(1_000);
    expect(given).toEqual(["a", "b"]);
    await after(1_000);
    expect(vi.getTimerCount()).toBe(0);
  });

  test.each([
    ["asked for", { asked: 1 }],
    ["in use", { open: 1 }],
  ])("get none in this way while one of the newest is %s", async (_, ofNewest) => {
    replaced = [{ asked: 0, open: 3, idle: 0 }];
    Object.assign(newest, ofNewest);
    const limit = made(3);
    void enter(limit, "a");
    await after(10_000);
    expect([given, limit.waiting]).toEqual([[], 1]);
  });
});

describe("a server that takes no more connections", () => {
  /** Asks again and again, and gives when it did, and the end. */
  async function asking(answers: readonly unknown[], ms: number, signal = never) {
    const askedAtMs: number[] = [];
    const startMs = performance.now();
    const limit = made(5);
    const end = vi.fn<(end: unknown) => void>();
    limit
      .enter(async () => {
        askedAtMs.push(performance.now() - startMs);
        const answer = answers[Math.min(askedAtMs.length, answers.length) - 1];
        if (answer instanceof Error) throw answer;
        newest.open++;
        return answer;
      }, signal)
      .then(end, end);
    await after(ms);
    return { askedAtMs, end, limit };
  }

  test("is asked again in growing pauses while connections of a replaced credential close", async () => {
    replaced = [{ asked: 0, open: 1, idle: 0 }];
    const { askedAtMs, end } = await asking([full, full, full, full, full, full, full, "given"], 2_000);
    expect(askedAtMs).toEqual([0, 10, 30, 70, 150, 310, 560, 810]);
    expect(end).toHaveBeenCalledExactlyOnceWith("given");
  });

  test("is asked no longer than the longest time", async () => {
    replaced = [{ asked: 0, open: 1, idle: 0 }];
    const { askedAtMs, end } = await asking([full], 10_000);
    expect(end).toHaveBeenCalledExactlyOnceWith(full);
    expect(askedAtMs.at(-1)).toBe(5_060);
  });

  test("is asked once where no connection of a replaced credential closes", async () => {
    const { askedAtMs, end } = await asking([full], 10_000);
    expect([askedAtMs, end.mock.calls]).toEqual([[0], [[full]]]);
  });

  test("may count a connection for two seconds after it was closed", async () => {
    replaced = [{ asked: 0, open: 1, idle: 0 }];
    const { askedAtMs, end } = await asking([full], 100);
    replaced = [];
    await after(10_000);
    expect(end).toHaveBeenCalledExactlyOnceWith(full);
    expect(askedAtMs.at(-1)).toBe(2_310);
  });

  test("is asked once where it says something else", async () => {
    replaced = [{ asked: 0, open: 1, idle: 0 }];
    const other = new Error("another");
    const { askedAtMs, end } = await asking([other], 1_000);
    expect([askedAtMs, end.mock.calls]).toEqual([[0], [[other]]]);
  });

  test("is not asked again by a caller who has given up", async () => {
    replaced = [{ asked: 0, open: 1, idle: 0 }];
    const leaving = new AbortController();
    const { askedAtMs, end } = await asking([full], 15, leaving.signal);
    leaving.abort();
    await after(1_000);
    expect([askedAtMs, end.mock.calls.length]).toEqual([[0, 10], 1]);
  });

  test("is asked first by the one who asks again, before those who wait", async () => {
    replaced = [{ asked: 0, open: 1, idle: 0 }];
    const { askedAtMs, limit } = await asking([full, "given"], 5);
    newest = { asked: 0, open: 4, idle: 0 };
    void enter(limit, "behind");
    await after(20);
    expect([askedAtMs, limit.waiting]).toEqual([[0], 2]);
    newest.open = 3;
    limit.changed();
    await after(0);
    expect([askedAtMs.length, given, limit.waiting]).toEqual([2, [], 1]);
  });
});
