import { describe, expect, test } from "vitest";
import { recording } from "../testing/gated.ts";
import { memoryRotation } from "../testing/memory-rotation.ts";
import type { RotationStep } from "../ports/rotation.ts";
import type { StrategyName } from "./rotation-policy.ts";

const steps = ["createSecret", "setSecret", "testSecret", "finishSecret"] as const satisfies readonly RotationStep[];
type CallsByStep = Readonly<Record<(typeof steps)[number], string>>;

const tags = { "rekey:change-at": "finishSecret" };
const healthy: readonly [string, { strategy: StrategyName; tags?: Record<string, string> }, CallsByStep][] = [
  [
    "single-user",
    { strategy: "single-user" },
    {
      createSecret: "describe read putPending",
      setSecret: "read read login setPassword read",
      testSecret: "read login",
      finishSecret: "describe promote publish",
    },
  ],
  [
    "single-user, changed at finishSecret",
    { strategy: "single-user", tags },
    {
      createSecret: "describe read putPending",
      setSecret: "read read",
      testSecret: "",
      finishSecret: "describe read read login setPassword login promote publish",
    },
  ],
  [
    "alternating-users",
    { strategy: "alternating-users", tags },
    {
      createSecret: "describe read putPending",
      setSecret: "read read login readOwnAccount read login syncPair",
      testSecret: "read login",
      finishSecret: "describe promote publish",
    },
  ],
  [
    "dual-password",
    { strategy: "dual-password", tags },
    {
      createSecret: "describe read putPending",
      setSecret: "read read login keepBoth",
      testSecret: "read login",
      finishSecret: "describe promote publish",
    },
  ],
  [
    "issued",
    { strategy: "issued", tags },
    {
      createSecret: "describe read read issue putPending",
      setSecret: "read read",
      testSecret: "read login",
      finishSecret: "describe promote publish",
    },
  ],
];

describe.each(healthy)("%s", (_name, options, expected) => {
  test("a healthy rotation in one container makes these calls and no others", async () => {
    const stage = memoryRotation(options);
    stage.store.beginRotation("v1");
    const calls: string[] = [];
    const invoke = stage.container(recording(calls));
    const seen: Record<string, string> = {};
    for (const step of steps) {
      await expect(invoke(step)).resolves.toBe("done");
      seen[step] = calls.splice(0).join(" ");
    }
    expect(seen).toEqual(expected);
    expect(stage.engine.refusedLogins()).toBe(0);
  });

  test("its event says everything that subscribers are told, and nothing else", async () => {
    const stage = memoryRotation(options);
    stage.store.beginRotation("v1");
    const invoke = stage.container();
    for (const step of steps) await invoke(step);
    await stage.container()("finishSecret");
    const event = {
      type: "Secret Rotated",
      secretArn: stage.store.secretId,
      secretName: stage.store.secretId,
      versionId: "v1",
      previousVersionId: "v0",
      origin: "rotation",
      engine: "memory",
      strategy: options.strategy,
    };
    expect(stage.publisher.events).toStrictEqual([event, event]);
  });
});

describe("a rotation that is over, repeated", () => {
  const repeated = async (sameContainer: boolean): Promise<readonly (readonly [string, string])[]> => {
    const stage = memoryRotation({ strategy: "single-user" });
    stage.store.beginRotation("v1");
    const calls: string[] = [];
    const warm = stage.container(recording(calls));
    for (const step of steps) await warm(step);
    const seen: (readonly [string, string])[] = [];
    for (const step of steps) {
      calls.splice(0);
      const outcome = await (sameContainer ? warm : stage.container(recording(calls)))(step);
      seen.push([outcome, calls.join(" ")]);
    }
    return seen;
  };

  test("a new container describes the secret and stops there; only the event is sent again", async () => {
    await expect(repeated(false)).resolves.toEqual([
      ["already-done", "describe"],
      ["already-done", "describe"],
      ["already-done", "describe"],
      ["already-done", "describe read publish"],
    ]);
  });

  test("the same container changes nothing either, though AWSPENDING may have stayed on the version", async () => {
    await expect(repeated(true)).resolves.toEqual([
      ["already-done", "describe"],
      ["already-done", "read read"],
      ["done", "read login"],
      ["already-done", "describe publish"],
    ]);
  });
});

test("a version that never replaced another one is announced without a previous one", async () => {
  const stage = memoryRotation({ strategy: "single-user" });
  await expect(stage.container()("finishSecret", "v0")).resolves.toBe("already-done");
  expect(stage.publisher.events).toHaveLength(1);
  expect(stage.publisher.events[0]).not.toHaveProperty("previousVersionId");
});
