import { expect, test } from "vitest";
import { memoryRotation } from "../../testing/memory-rotation.ts";
import { rotationMemory } from "../rotation-memory.ts";
import { admit } from "./check-request.ts";

const call = { signal: new AbortController().signal };

test("a version is pending, then current; one without either label, or of a cancelled rotation, is stopped", async () => {
  const { store } = memoryRotation({ strategy: "single-user" });
  const memory = rotationMemory();
  const stateOf = async (versionId: string): Promise<string> =>
    (await admit({ store, memory }, { step: "setSecret", secretId: store.secretId, versionId }, call)).state;
  store.beginRotation("v1");
  await expect(stateOf("v1")).resolves.toBe("pending");
  await expect(stateOf("v0")).resolves.toBe("current");
  await expect(stateOf("unknown")).resolves.toBe("stopped");
  store.cancelRotation();
  await expect(stateOf("v1")).resolves.toBe("stopped");
  await expect(stateOf("v0")).resolves.toBe("current");
});

test("engines get the tags that are rekey's and no others", async () => {
  const { store } = memoryRotation({ strategy: "single-user", tags: { team: "orders", "not-rekey:tls": "x" } });
  const request = { step: "setSecret", secretId: store.secretId, versionId: "v0" } as const;
  const { remembered } = await admit({ store, memory: rotationMemory() }, request, call);
  expect([...remembered.facts.options]).toEqual([["rekey:strategy", "single-user"]]);
});
