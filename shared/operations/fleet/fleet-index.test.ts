import { describe, expect, test } from "vitest";
import { RekeyError } from "../../errors/rekey-error.ts";
import { fleetIndex } from "./fleet-index.ts";
import type { FleetSelection } from "./fleet-view.ts";
import type { ListedSecret } from "../../ports/secret-administration.ts";

const startMs = Date.UTC(2026, 5, 1);
const hour = 3_600_000;
const functionArn = "arn:aws:lambda:us-east-1:123456789012:function:rekey-rotate-postgres";

const secret = (name: string, fields: Partial<ListedSecret> = {}): ListedSecret => ({
  secretArn: `arn:${name}`,
  name,
  rotationEnabled: true,
  rotationFunctionArn: functionArn,
  labels: new Map([["one", ["AWSCURRENT"]]]),
  tags: new Map(),
  changedAt: new Date(startMs),
  createdAt: new Date(startMs - 24 * hour),
  ...fields,
});
const stuck = { labels: new Map([["one", ["AWSCURRENT"]], ["two", ["AWSPENDING"]]]), changedAt: new Date(startMs - 2 * hour) }; // prettier-ignore

/** An index over a list that can be changed, read page by page when the test lets it. */
function stage(...first: readonly ListedSecret[]) {
  let listed = first;
  let nowMs = startMs;
  let described: readonly ListedSecret[] = [];
  let refusal: RekeyError | undefined;
  const calls: string[] = [];
  const ended = new AbortController();
  const pauses: { readonly ms: number; readonly over: () => void }[] = [];
  const index = fleetIndex({
    listing: {
      async page(_filter, { limit, cursor = "0" }) {
        calls.push("list");
        if (refusal !== undefined) throw refusal;
        const from = Number(cursor);
        const secrets = listed.slice(from, from + limit);
        return { secrets, ...(from + limit < listed.length ? { cursor: String(from + limit) } : {}) };
      },
    },
    store: {
      async describe(secretArn) {
        calls.push("describe");
        const found = described.find((one) => one.secretArn === secretArn);
        if (found === undefined) throw new RekeyError("secret-not-found");
        return found;
      },
    },
    nowMs: () => nowMs,
    pause: async (ms) => {
      if (ended.signal.aborted) return;
      await new Promise<void>((over) => pauses.push({ ms, over }));
    },
  });
  return {
    index,
    calls,
    call: { signal: ended.signal },
    set listed(secrets: readonly ListedSecret[]) {
      listed = secrets;
    },
    set described(secrets: readonly ListedSecret[]) {
      described = secrets;
    },
    set refusal(error: RekeyError | undefined) {
      refusal = error;
    },
    passes: (ms: number): void => void (nowMs += ms),
    names: (selection: Partial<FleetSelection> = {}): readonly string[] =>
      index.view({ offset: 0, limit: 100, ...selection }).secrets.map(({ name }) => name),
    /** Reads all once, and stops in the pause after it. */
    async reading(): Promise<number> {
      const before = pauses.length;
      if (before === 0) void index.keepReading({ signal: ended.signal });
      else pauses.at(-1)?.over();
      await expect.poll(() => pauses.length).toBeGreaterThan(before);
      return pauses.at(-1)?.ms ?? 0;
    },
    end() {
      ended.abort();
      pauses.at(-1)?.over();
    },
  };
}

describe("a fleet in memory", () => {
  test("is read page by page, and says how far it is", async () => {
    const on = stage(...Array.from({ length: 250 }, (_secret, at) => secret(`app-${String(at).padStart(3, "0")}`)));
    expect(on.index.reading).toEqual({ secrets: 0, isWhole: false });
    await on.reading();
    expect(on.index.reading).toEqual({ secrets: 250, isWhole: true, wholeAt: new Date(startMs) });
    expect(on.calls).toEqual(["list", "list", "list"]);
    const page = on.index.view({ offset: 120, limit: 2 });
    expect(page).toMatchObject({ total: 250, offset: 120, counts: { healthy: 250 } });
    expect(page.secrets.map(({ name }) => name)).toEqual(["app-120", "app-121"]);
    on.end();
  });

  test("forgets what is gone with the next reading, and keeps it until then", async () => {
    const on = stage(secret("a"), secret("b"));
    await on.reading();
    on.listed = [secret("b"), secret("c")];
    expect(on.names()).toEqual(["a", "b"]);
    on.passes(hour);
    await on.reading();
    expect(on.names()).toEqual(["b", "c"]);
    on.end();
  });

  test("believes a look at one secret rather than the list, which is minutes late, and the list again afterwards", async () => {
    const on = stage(secret("a"));
    await on.reading();
    on.described = [secret("a", stuck)];
    await on.index.refresh("arn:a", on.call);
    expect(on.names({ health: ["stuck"] })).toEqual(["a"]);
    on.passes(200_000);
    await on.reading();
    expect(on.names({ health: ["stuck"] })).toEqual(["a"]);
    on.passes(200_000);
    await on.reading();
    expect(on.names({ health: ["stuck"] })).toEqual([]);
    on.end();
  });

  test("keeps the age of a secret that never rotated when it is looked at by itself", async () => {
    const on = stage(secret("a"));
    await on.reading();
    const { createdAt: _none, ...description } = secret("a");
    on.described = [description];
    await on.index.refresh("arn:a", on.call);
    expect(on.index.view({ offset: 0, limit: 1 }).secrets[0]?.ageMs).toBe(24 * hour);
    on.end();
  });

  test("tells of one change for a whole reading that finds nothing new, with which the ages are newer", async () => {
    const on = stage(...Array.from({ length: 250 }, (_secret, at) => secret(`app-${at}`)));
    await on.reading();
    const before = on.index.revision;
    const first = on.index.view({ offset: 0, limit: 1 }).secrets[0]?.ageMs ?? 0;
    on.passes(hour);
    await on.reading();
    expect(on.index.revision).toBe(before + 1);
    expect(on.index.view({ offset: 0, limit: 1 }).secrets[0]?.ageMs).toBe(first + hour);
    on.end();
  });

  test("tells of no change where a look at one secret finds none", async () => {
    const on = stage(secret("a"));
    await on.reading();
    const before = on.index.revision;
    on.described = [secret("a")];
    await on.index.refresh("arn:a", on.call);
    expect(on.index.revision).toBe(before);
    on.described = [secret("a", stuck)];
    await on.index.refresh("arn:a", on.call);
    expect(on.index.revision).toBe(before + 1);
    on.end();
  });

  test("says why a reading failed, keeps what it has, and tries again", async () => {
    const on = stage(secret("a"));
    await on.reading();
    on.refusal = new RekeyError("credentials-missing");
    await on.reading();
    expect(on.index.reading).toMatchObject({
      problem: { code: "credentials-missing", hint: expect.stringContaining("pass --profile") },
      isWhole: true,
      secrets: 1,
    });
    on.refusal = undefined;
    await on.reading();
    expect(on.index.reading).not.toHaveProperty("problem");
    on.end();
  });

  test("is read a tenth of the time at most", async () => {
    const on = stage(secret("a"));
    expect(await on.reading()).toBe(15_000);
    const slow = stage(secret("a"));
    const listing = slow.reading();
    slow.passes(60_000);
    expect(await listing).toBe(540_000);
    on.end();
    slow.end();
  });

  test("ends with its signal", async () => {
    const on = stage(secret("a"));
    const reading = on.index.keepReading(on.call);
    await expect.poll(() => on.index.reading.isWhole).toBe(true);
    on.end();
    await expect(reading).resolves.toBeUndefined();
  });
});

describe("a view", () => {
  const fleet = [
    secret("db/orders", { tags: new Map([["team", "payments"]]), lastRotatedAt: new Date(startMs - 5 * hour) }),
    secret("db/billing", { ...stuck, tags: new Map([["team", "search"]]), lastRotatedAt: new Date(startMs - hour) }),
    secret("web/session", { rotationEnabled: false, tags: new Map([["rekey:strategy", "dual-password"]]) }),
    secret("web/orders-api", { nextRotationAt: new Date(startMs + hour) }),
  ];
  test.each<[string, Partial<FleetSelection>, readonly string[]]>([
    ["by name unless told otherwise", {}, ["db/billing", "db/orders", "web/orders-api", "web/session"]],
    ["by name, backwards", { descending: true }, ["web/session", "web/orders-api", "db/orders", "db/billing"]],
    ["with what is wrong first", { order: "health" }, ["db/billing", "web/session", "db/orders", "web/orders-api"]],
    ["by age", { order: "age" }, ["db/billing", "db/orders", "web/orders-api", "web/session"]],
    [
      "by age, oldest first",
      { order: "age", descending: true },
      ["web/orders-api", "web/session", "db/orders", "db/billing"],
    ],
    [
      "by next rotation, none last",
      { order: "next-rotation" },
      ["web/orders-api", "db/billing", "db/orders", "web/session"],
    ],
    [
      "by strategy, the default first",
      { order: "strategy" },
      ["db/billing", "db/orders", "web/orders-api", "web/session"],
    ],
    ["of words anywhere in the name", { search: "ORDERS  web" }, ["web/orders-api"]],
    ["of a tag", { tag: { key: "team" } }, ["db/billing", "db/orders"]],
    ["of a tag's value", { tag: { key: "team", value: "payments" } }, ["db/orders"]],
    ["of some health", { health: ["stuck", "off"] }, ["db/billing", "web/session"]],
    ["of nothing", { search: "none" }, []],
  ])("is %s", async (_how, selection, names) => {
    const on = stage(...fleet);
    await on.reading();
    expect(on.names(selection)).toEqual(names);
    on.end();
  });

  test("counts each health of what search and tag let through, whatever health is chosen", async () => {
    const on = stage(...fleet);
    await on.reading();
    const { counts, total } = on.index.view({ search: "db", health: ["stuck"], offset: 0, limit: 10 });
    expect({ counts, total }).toEqual({ counts: { stuck: 1, healthy: 1 }, total: 1 });
    on.end();
  });

  test("names those that rotate for a campaign", async () => {
    const on = stage(...fleet, secret("web/none", { rotationEnabled: false }));
    await on.reading();
    expect(on.index.rotating({ search: "web" })).toEqual(["arn:web/orders-api"]);
    on.end();
  });

  test.each([
    ["limit", { limit: 0 }],
    ["limit", { limit: 101 }],
    ["limit", { limit: Number.NaN }],
    ["offset", { offset: -1 }],
    ["offset", { offset: 0.5 }],
  ])("refuses a wrong %s: %o", (option, wrong) => {
    const on = stage();
    expect(() => on.index.view({ offset: 0, limit: 10, ...wrong })).toThrow(`option=${option}`);
  });

  test("shows a change at once, though it was put into order a moment ago", async () => {
    const on = stage(secret("a"), secret("b"));
    await on.reading();
    expect(on.names({ order: "health" })).toEqual(["a", "b"]);
    on.described = [secret("b", stuck)];
    await on.index.refresh("arn:b", on.call);
    expect(on.names({ order: "health" })).toEqual(["b", "a"]);
    on.end();
  });
});
