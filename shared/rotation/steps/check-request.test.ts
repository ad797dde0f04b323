import { expect, test } from "vitest";
import { generatePassword } from "../../secrets/password.ts";
import { grantsOf } from "../../testing/grants.ts";
import { type MemoryRotation, memoryRotation } from "../../testing/memory-rotation.ts";
import type { Invocation } from "../invocation.ts";
import { rotationMemory } from "../rotation-memory.ts";
import { describeRequest } from "./check-request.ts";

function invocationOf({ store, engine, publisher }: MemoryRotation, versionId: string): Invocation {
  const request = { step: "setSecret", secretId: store.secretId, versionId } as const;
  const memory = rotationMemory();
  return {
    store,
    engine,
    publisher,
    strategies: {},
    defaultStrategy: "single-user",
    grants: grantsOf(),
    generatePassword,
    memory,
    nowMs: Date.now,
    report: () => undefined,
    request,
    call: { signal: new AbortController().signal },
    progress: memory.progressOf(request),
  };
}

test("a version is pending, then current; one without either label, or of a canceled rotation, is stopped", async () => {
  const stage = memoryRotation({ strategy: "single-user" });
  const stateOf = async (versionId: string): Promise<string> =>
    (await describeRequest(invocationOf(stage, versionId))).state;
  stage.store.beginRotation("v1");
  await expect(stateOf("v1")).resolves.toBe("pending");
  await expect(stateOf("v0")).resolves.toBe("current");
  await expect(stateOf("unknown")).resolves.toBe("stopped");
  stage.store.cancelRotation();
  await expect(stateOf("v1")).resolves.toBe("stopped");
  await expect(stateOf("v0")).resolves.toBe("current");
});

test("engines get the tags that are rekey's and no others", async () => {
  const stage = memoryRotation({ strategy: "single-user", tags: { team: "orders", "not-rekey:tls": "x" } });
  const { facts } = await describeRequest(invocationOf(stage, "v0"));
  expect([...facts.options]).toEqual([["rekey:strategy", "single-user"]]);
});

test("a rotation keeps the tags that it began with", async () => {
  const stage = memoryRotation({ strategy: "single-user" });
  const invocation = invocationOf(stage, "v0");
  const { facts } = await describeRequest(invocation);
  stage.store.tags.set("rekey:grace", "1h");
  expect((await describeRequest(invocation)).facts).toBe(facts);
});
