import { expect, test } from "vitest";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { ErrorCode } from "../../errors/codes.ts";
import { type MemoryRotation, memoryRotation } from "../../testing/memory-rotation.ts";
import type { StrategyName } from "../rotation-policy.ts";
import type { RotationWiring } from "../rotate.ts";
import type { MemoryEngine } from "../../testing/memory-engine.ts";

const hourMs = 3_600_000;

/** A rotation that is over, and a clock that starts when the new version was made. */
async function rotated(
  strategy: StrategyName,
  tags: Readonly<Record<string, string>> = {},
  wiring?: (engine: MemoryEngine) => Partial<RotationWiring>,
) {
  let nowMs = 0;
  const stage = memoryRotation({
    strategy,
    tags: { "rekey:grace": "1h", ...tags },
    nowMs: () => nowMs,
    ...(wiring && { wiring }),
  });
  stage.store.beginRotation("v1");
  for (const step of ["createSecret", "setSecret", "testSecret", "finishSecret"] as const)
    await stage.container()(step);
  const madeAtMs = stage.store.labelled("AWSCURRENT")?.createdAt.getTime() ?? 0;
  const retireAfter = async (ms: number, adopted = false) => {
    nowMs = madeAtMs + ms;
    return stage.container()("retirePrevious", "v1", adopted);
  };
  return { stage, retireAfter, madeAtMs };
}

const eventsOf = ({ publisher }: MemoryRotation, type: string) =>
  publisher.events.filter((event) => event.type === type);

test("while the replaced user has connections its credential stays, and who holds it is told", async () => {
  const { stage, retireAfter, madeAtMs } = await rotated("alternating-users");
  const since = new Date(1_000);
  stage.engine.held.set("app", [{ application: "billing", address: "10.0.0.1", since }]);
  await expect(retireAfter(hourMs)).rejects.toMatchObject({
    code: "replaced-in-use",
    context: { version: "v1", until: new Date(madeAtMs + 2 * hourMs).toISOString() },
    retryAfterMs: hourMs / 12,
  });
  expect(stage.logsIn("AWSPREVIOUS")).toBe(true);
  expect(eventsOf(stage, "Secret Retirement Delayed")).toStrictEqual([
    {
      type: "Secret Retirement Delayed",
      secretArn: stage.store.secretId,
      secretName: stage.store.secretId,
      versionId: "v1",
      retiredVersionId: "v0",
      retiredAtLatest: new Date(madeAtMs + 2 * hourMs).toISOString(),
      heldBy: [{ application: "billing", address: "10.0.0.1", since: since.toISOString(), connections: 1 }],
    },
  ]);
  stage.engine.held.set("app", []);
  await expect(retireAfter(hourMs)).resolves.toBe("done");
  expect(stage.publisher.events.at(-1)).toMatchObject({ type: "Secret Retired", heldBy: [] });
});

test("acknowledgements alone do not end it: the server has to agree", async () => {
  const { stage, retireAfter } = await rotated("alternating-users");
  stage.engine.held.set("app", [{}]);
  await expect(retireAfter(1, true)).rejects.toMatchObject({ code: "replaced-in-use" });
  stage.engine.held.set("app", []);
  await expect(retireAfter(1, true)).resolves.toBe("done");
});

test.each([
  [{}, 2 * hourMs],
  [{ "rekey:grace-extension": "3h" }, 4 * hourMs],
  [{ "rekey:grace-extension": "0m" }, hourMs],
])("with %j it ends at its bound all the same, and the event says who was left", async (tags, boundMs) => {
  const { stage, retireAfter } = await rotated("alternating-users", tags);
  stage.engine.held.set("app", [{ application: "billing" }]);
  await expect(retireAfter(boundMs - 1)).rejects.toThrow(boundMs === hourMs ? "grace-not-over" : "replaced-in-use");
  await expect(retireAfter(boundMs)).resolves.toBe("done");
  expect(stage.logsIn("AWSPREVIOUS")).toBe(false);
  expect(stage.publisher.events.at(-1)).toMatchObject({
    type: "Secret Retired",
    proof: "refused",
    heldBy: [{ application: "billing", connections: 1 }],
  });
});

test("connections of the user that is current hold nothing", async () => {
  const { stage, retireAfter } = await rotated("alternating-users");
  stage.engine.held.set("app_clone", [{ application: "orders" }]);
  await expect(retireAfter(hourMs)).resolves.toBe("done");
});

test("a server that cannot tell holds nothing", async () => {
  const { stage, retireAfter } = await rotated("alternating-users");
  const { login } = stage.engine;
  stage.engine.login = async (...asked) => {
    const outcome = await login(...asked);
    if (outcome.ok) Reflect.deleteProperty(outcome.session, "connectionsOf");
    return outcome;
  };
  await expect(retireAfter(hourMs)).resolves.toBe("done");
});

test.each([
  ["database-rights-missing", "done"],
  ["database-unreachable", "database-unreachable"],
] as const)("a server that answers %s instead: %s", async (code: ErrorCode, outcome) => {
  const { stage, retireAfter } = await rotated("alternating-users");
  stage.engine.held.get = () => {
    throw new RekeyError(code);
  };
  const ended = retireAfter(hourMs).catch((error: unknown) => (error as RekeyError).code);
  await expect(ended).resolves.toBe(outcome);
});
