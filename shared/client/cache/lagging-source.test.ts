import { beforeEach, describe, expect, test } from "vitest";
import {
  answer,
  type RequestStage,
  requestStage,
  holding,
  lagBudgetMs,
  freshMs,
} from "../../../tests/support/request-stage.ts";
import { type Announced, CachedSecret, CachedVersion, setRequestState } from "./cached-secret.ts";
import { noticePeriodMs } from "../invalidation/notice-allowance.ts";

import { settled } from "../../../tests/support/settled.ts";

const older = answer("older", { createdAt: new Date(1_000_000) });
const newer = answer("newer", { createdAt: new Date(2_000_000) });
const never = Number.POSITIVE_INFINITY;

let stage: RequestStage;
beforeEach(() => {
  stage = requestStage();
});

/** A notice that counts from now on, by the stage's clock. */
const announced = (versionId: string, more: Partial<Announced> = {}): Announced => ({
  versionId,
  atMs: 3_000_000,
  timed: true,
  account: undefined,
  fromMs: stage.startMs,
  untilMs: stage.startMs + lagBudgetMs,
  ...more,
});
const expecting = (entry: CachedSecret, notice: Announced): CachedSecret => {
  setRequestState(entry, { announced: notice });
  return entry;
};
const askedAtMs = (): number[] => stage.asked.map(({ atMs }) => atMs);
/** How long after the start the entry is due again. */
const quietForMs = ({ freshUntilMs }: CachedSecret): number => freshUntilMs - stage.startMs;

describe("a source that shows an older version than was read", () => {
  test("is asked again within the lag budget, and then believed: somebody moved the label back", async () => {
    stage.says(() => older);
    const entry = holding(newer);
    const reading = stage.inFlightRequests().request(entry);
    await stage.clock.advance(lagBudgetMs);
    expect((await reading).versionId).toBe("older");
    expect(askedAtMs()).toEqual([0, 200, 600, 1_600, 4_000]);
    expect(entry.requestState?.history?.replaced).toEqual(new Set(["newer"]));
    expect(quietForMs(entry)).toBe(lagBudgetMs + freshMs);
  });

  test("is believed at once when it shows the newer one again", async () => {
    stage.says(
      () => older,
      () => newer,
    );
    const entry = holding(newer);
    const reading = stage.inFlightRequests().request(entry);
    await stage.clock.advance(200);
    expect(await reading).toBe(entry.version);
    expect(askedAtMs()).toEqual([0, 200]);
    expect(quietForMs(entry)).toBe(200 + freshMs);
  });

  test("is not believed where it is a replica", async () => {
    stage.says(() => ({ ...older, fromReplica: true }));
    const entry = holding(newer);
    const reading = settled(stage.inFlightRequests().request(entry));
    await stage.clock.advance(lagBudgetMs);
    expect(await reading).toMatchObject({
      code: "version-not-visible",
      context: { secret: "a", version: "newer" },
    });
    expect(entry.version?.versionId).toBe("newer");
  });

  test("is not asked again once nobody waits for it", async () => {
    stage.says(() => older);
    const entry = holding(newer);
    const reading = settled(stage.inFlightRequests().request(entry));
    await stage.clock.advance(100);
    entry.requestState?.inFlight?.abandon();
    await stage.clock.advance(lagBudgetMs);
    expect(await reading).toMatchObject({ code: "time-budget-spent" });
    expect(askedAtMs()).toEqual([0]);
  });

  test("is asked by itself after a request that was made with others'", async () => {
    stage.says(() => newer);
    const entry = holding(newer);
    const reading = stage.inFlightRequests().join(entry, async () => older);
    await stage.clock.advance(200);
    expect((await reading).versionId).toBe("newer");
    expect(askedAtMs()).toEqual([200]);
  });
});

describe("an announced version", () => {
  test("is asked for until the source shows it", async () => {
    stage.says(
      () => older,
      () => older,
      () => newer,
    );
    const entry = expecting(holding(older), announced("newer"));
    const reading = stage.inFlightRequests().request(entry);
    await stage.clock.advance(lagBudgetMs);
    expect((await reading).versionId).toBe("newer");
    expect(askedAtMs()).toEqual([0, 200, 600]);
    expect(entry.requestState).toMatchObject({ announced: undefined, history: { noticeAtMs: 3_000_000 } });
    expect(quietForMs(entry)).toBe(600 + freshMs);
  });

  test("that the source never shows gives way to what it says at the end of the lag budget", async () => {
    stage.says(() => older);
    const entry = expecting(holding(older), announced("newer"));
    const reading = stage.inFlightRequests().request(entry);
    await stage.clock.advance(lagBudgetMs - 1);
    expect(entry.requestState?.inFlight).toBeDefined();
    await stage.clock.advance(1);
    expect((await reading).versionId).toBe("older");
    expect(askedAtMs()).toEqual([0, 200, 600, 1_600, 4_000]);
    expect(entry.requestState?.history?.disproved).toEqual(new Map([["newer", 3_000_000]]));
  });

  test("shares the lag budget that is left", async () => {
    stage.says(() => older);
    const entry = expecting(holding(older), announced("newer", { untilMs: stage.startMs + 500 }));
    const reading = stage.inFlightRequests().request(entry);
    await stage.clock.advance(500);
    await reading;
    expect(askedAtMs()).toEqual([0, 200, 500]);
  });

  test("gives way to one that was made after it", async () => {
    stage.says(() => answer("newest", { createdAt: new Date(3_000_001) }));
    const entry = expecting(holding(older), announced("newer"));
    expect((await stage.inFlightRequests().request(entry)).versionId).toBe("newest");
    expect(entry.requestState?.announced).toBeUndefined();
  });

  test("counts each attempt against the allowance for notices, and no other request does", async () => {
    stage.says(() => older);
    const entry = expecting(holding(older), announced("newer"));
    const reading = stage.inFlightRequests().request(entry);
    await stage.clock.advance(1_600);
    expect(stage.allowance.freeAtMs("a")).toBe(0);
    for (const atMs of [1, 2]) stage.allowance.spend("a", stage.startMs + atMs);
    expect(stage.allowance.freeAtMs("a")).toBe(stage.startMs + noticePeriodMs);
    await stage.clock.advance(lagBudgetMs);
    await reading;
    for (let index = 0; index < 6; index++)
      await stage.inFlightRequests().request(holding(older, new CachedSecret("b")));
    expect(stage.allowance.freeAtMs("b")).toBe(0);
  });

  test.each([
    ["the allowance is spent", { requestsLeft: 1_000 }, 6, noticePeriodMs],
    ["the budget for requests is spent", { requestsLeft: 0 }, 0, lagBudgetMs],
  ])("is not asked for again while %s, and the old one is served meanwhile", async (_, options, spent, dueMs) => {
    stage.says(() => older);
    for (let index = 0; index < spent; index++) stage.allowance.spend("a", stage.startMs);
    const entry = expecting(holding(older), announced("newer"));
    const reading = stage.inFlightRequests(options).request(entry);
    await stage.clock.advance(200);
    expect(await reading).toBe(entry.version);
    expect(askedAtMs()).toEqual([0]);
    expect(entry.requestState?.announced?.versionId).toBe("newer");
    expect(quietForMs(entry)).toBe(dueMs);
    expect(stage.notices.confirm).not.toHaveBeenCalled();
  });

  test("is asked for again with a single request left in the budget", async () => {
    stage.says(
      () => older,
      () => newer,
    );
    const reading = stage.inFlightRequests({ requestsLeft: 1 }).request(expecting(holding(older), announced("newer")));
    await stage.clock.advance(200);
    expect((await reading).versionId).toBe("newer");
  });
});

describe("an answer before a notice counts", () => {
  const unconfirmed = async (more: Partial<Announced>, said = older): Promise<CachedSecret> => {
    stage.says(() => said);
    const entry = expecting(holding(older), announced("announced", more));
    await stage.inFlightRequests().request(entry);
    expect(askedAtMs()).toEqual([0]);
    return entry;
  };

  test.each([
    ["when the notice counts", 300, 300],
    ["when the lag budget ends, where the notice withholds nothing", never, lagBudgetMs],
  ])("is asked for again %s", async (_, fromMs, dueMs) => {
    const entry = await unconfirmed({ fromMs: stage.startMs + fromMs });
    expect(quietForMs(entry)).toBe(dueMs);
    expect(entry.requestState?.announced?.versionId).toBe("announced");
  });

  test("is asked for again when it is due anyway", async () => {
    const farMs = stage.startMs + 2 * freshMs;
    expect(quietForMs(await unconfirmed({ fromMs: farMs, untilMs: farMs }))).toBe(freshMs);
  });

  test("takes the place of an older one, and of no newer one", async () => {
    expect((await unconfirmed({ fromMs: never }, newer)).version?.versionId).toBe("newer");
    stage = requestStage();
    stage.says(() => older);
    const entry = expecting(holding(newer), announced("announced", { fromMs: never }));
    const { version } = entry;
    expect(await stage.inFlightRequests().request(entry)).toBe(version);
    expect(stage.settled.mock.calls).toEqual([[0]]);
    expect(stage.told).toEqual([]);
  });
});

describe("a replica", () => {
  const replica = { ...newer, fromReplica: true };

  test("is believed where nothing was announced", async () => {
    stage.says(() => replica);
    const entry = holding(older);
    await stage.inFlightRequests().request(entry);
    expect(quietForMs(entry)).toBe(freshMs);
    expect(stage.notices.confirm).toHaveBeenCalledTimes(1);
  });

  test("that does not show an announced version by the end of the lag budget is asked again one period later", async () => {
    stage.says(() => replica);
    const entry = expecting(holding(older), announced("announced", { fromMs: 0, untilMs: stage.startMs }));
    expect((await stage.inFlightRequests().request(entry)).versionId).toBe("newer");
    expect(entry.requestState?.announced?.versionId).toBe("announced");
    expect(quietForMs(entry)).toBe(noticePeriodMs);
    expect(stage.notices.confirm).not.toHaveBeenCalled();
  });
});

test("a notice for another account's secret of the same name is dropped with the first answer", async () => {
  const secretArn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:a-AbCdEf";
  stage.says(() => ({ ...newer, secretArn }));
  const entry = expecting(new CachedSecret("a"), announced("other", { account: "aws:999999999999" }));
  expect((await stage.inFlightRequests().request(entry)).versionId).toBe("newer");
  expect([askedAtMs(), entry.requestState]).toEqual([[0], undefined]);
});

test("another stage keeps what was announced of it, whatever its account", async () => {
  const secretArn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:a-AbCdEf";
  stage.says(() => ({ ...newer, secretArn }));
  const entry = new CachedVersion("a", { label: "AWSPENDING" });
  expecting(entry, announced("newer", { account: "aws:999999999999" }));
  await stage.inFlightRequests().request(entry);
  expect(entry.requestState?.announced?.versionId).toBe("newer");
});
