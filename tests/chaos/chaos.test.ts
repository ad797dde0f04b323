import { describe, expect, test } from "vitest";
import { planOf } from "../../bench/chaos/plan.ts";
import { figuresOf } from "../../bench/chaos/print.ts";
import { runChaos } from "../../bench/chaos/run.ts";
import { verdictOf } from "../../bench/chaos/verdict.ts";

const small = { seed: 20_261_128, seconds: 3, secrets: 12 };

describe("the plan of a storm", () => {
  test("is the same for the same seed, and another for another", () => {
    expect(planOf(small)).toEqual(planOf(small));
    expect(planOf({ ...small, seed: 1 })).not.toEqual(planOf(small));
  });

  test("rotates every secret, and has every trouble at every place before it is over", () => {
    const plan = planOf({ seed: 7, seconds: 120, secrets: 500 });
    const moves = plan.map(({ move }) => move);
    const of = (kind: string) => moves.filter((move) => move.kind === kind);
    expect(new Set(of("rotate").map((move) => "secret" in move && move.secret)).size).toBe(500);
    const kinds = new Set(moves.map((move) => ("trouble" in move ? `${move.kind} ${move.trouble}` : move.kind)));
    expect([...kinds].sort()).toEqual([
      "calls cut",
      "calls delay",
      "calls error",
      "calls late",
      "calls refuse",
      "calls throttle",
      "cluster cut",
      "cluster failing",
      "cluster limited",
      "cluster sealed",
      "cluster slow",
      "cluster standby",
      "delete",
      "edit",
      "overtake",
      "repeat",
      "restart",
      "revoke",
      "rotate",
    ]);
    expect(plan.map(({ atMs }) => atMs)).toEqual(plan.map(({ atMs }) => atMs).toSorted((one, other) => one - other));
    for (const { atMs, move } of plan) {
      expect(atMs + ("forMs" in move ? move.forMs : 0)).toBeLessThanOrEqual(120_000);
    }
  });
});

test("after a small storm everything that must hold holds", async () => {
  const report = await runChaos(small, () => undefined);
  expect(verdictOf(report).filter(({ problems }) => problems.length > 0)).toEqual([]);
  expect(report.storm.load.rotations).toBeGreaterThan(0);
  expect(figuresOf(report)).toContainEqual(["seed", "20261128"]);
});

test("the verdict names what does not hold", async () => {
  const nothing = {
    revisions: 0,
    backwards: ["db/a, revision 2 is older"],
    repeated: [],
    strayed: ["db/b in vault-2"],
  };
  const verdict = verdictOf({
    options: small,
    products: [],
    storm: { kills: { count: 0 }, counts: new Map() },
    promotions: 12,
    wrongAfter: ["db/a is not in vault-1"],
    wrongServices: ["service 1 serves another"],
    healed: { stuck: 0, dead: 1, brokenByRotation: ["db/d"] },
    deadSecrets: ["db/c"],
    leftInDeadLetters: 2,
    deadLetters: { byCause: new Map(), unexplained: ["nothing was logged"] },
    histories: nothing,
    canaries: { values: 1, charactersIn: { logs: 0 }, found: ["events"] },
  } as unknown as Parameters<typeof verdictOf>[0]);
  expect(verdict.flatMap(({ problems }) => problems)).toEqual([
    "db/a is not in vault-1",
    "db/a, revision 2 is older",
    "db/b in vault-2",
    "service 1 serves another",
    "nothing was logged",
    "2 are left",
    "db/d",
    "db/c",
    "events",
    "logs: nothing was read",
    "nothing changed, or nothing went wrong",
  ]);
});
