import { expect, test } from "vitest";
import { RekeyError } from "../errors/rekey-error.ts";
import type { Gate } from "../testing/gated.ts";
import { type MemoryRotation, memoryRotation } from "../testing/memory-rotation.ts";

const refusing = (failures: Readonly<Record<string, Error>>): Gate => {
  return async (operation, work) => {
    const failure = failures[operation];
    if (failure !== undefined) throw failure;
    return work();
  };
};

function begun(): MemoryRotation {
  const stage = memoryRotation({ strategy: "single-user" });
  stage.store.beginRotation("v1");
  return stage;
}

test("a failure that a repetition cannot mend is published with its code and what to do about it", async () => {
  const stage = begun();
  const invoke = stage.container(refusing({ describe: new RekeyError("access-denied") }));
  await expect(invoke("createSecret")).rejects.toMatchObject({ code: "access-denied" });
  expect(stage.publisher.events).toStrictEqual([
    {
      type: "Secret Rotation Failed",
      secretArn: stage.store.secretId,
      secretName: "app",
      versionId: "v1",
      step: "createSecret",
      code: "access-denied",
      disposition: "intervene",
    },
  ]);
  expect(stage.reports).toEqual([]);
});

test("roots that cannot be read fail the step, and that is published too", async () => {
  const readTlsCa = async (): Promise<string> => Promise.reject(new RekeyError("access-denied"));
  const stage = memoryRotation({ strategy: "single-user", wiring: () => ({ readTlsCa }) });
  stage.store.beginRotation("v1");
  await expect(stage.container()("setSecret")).rejects.toMatchObject({ code: "access-denied" });
  expect(stage.publisher.events).toMatchObject([{ type: "Secret Rotation Failed", step: "setSecret" }]);
});

test("a failure that Secrets Manager's repetition may mend is not published", async () => {
  const stage = begun();
  const invoke = stage.container(refusing({ describe: new RekeyError("store-throttled") }));
  await expect(invoke("createSecret")).rejects.toMatchObject({ code: "store-throttled" });
  expect(stage.publisher.events).toEqual([]);
});

test("a fault of rekey itself is thrown as it is, and not published", async () => {
  const stage = begun();
  const fault = new TypeError("a fault");
  await expect(stage.container(refusing({ describe: fault }))("createSecret")).rejects.toBe(fault);
  expect(stage.publisher.events).toEqual([]);
});

test.each([
  [new RekeyError("events-unavailable"), "events-unavailable"],
  [new TypeError("a fault"), "internal-fault"],
])(
  "when the failure cannot be published (%s), the log says so, and the step's own error is thrown",
  async (publish, reason) => {
    const stage = begun();
    const invoke = stage.container(refusing({ describe: new RekeyError("access-denied"), publish }));
    await expect(invoke("createSecret")).rejects.toMatchObject({ code: "access-denied" });
    expect(stage.reports.map((report): unknown => JSON.parse(report))).toEqual([
      { message: "the failure could not be published", secret: stage.store.secretId, version: "v1", reason },
    ]);
  },
);
