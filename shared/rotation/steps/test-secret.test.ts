import { expect, test } from "vitest";
import { memoryRotation, memoryValue } from "../../testing/memory-rotation.ts";

const call = { signal: new AbortController().signal };
const tags = { "rekey:change-at": "finishSecret" };

test("where finishSecret changes the password, a new container's testSecret contacts no database either", async () => {
  const stage = memoryRotation({ strategy: "single-user", tags });
  stage.store.beginRotation("v1");
  for (const step of ["createSecret", "setSecret"] as const) await stage.container()(step);
  await expect(stage.container()("testSecret")).resolves.toBe("done");
  expect(stage.engine.logins()).toBe(0);
  expect(stage.logsIn("AWSCURRENT")).toBe(true);
});

test("where finishSecret changes the password, a copy of the current value is proven by one login and not set", async () => {
  const stage = memoryRotation({ strategy: "single-user", tags });
  stage.store.beginRotation("copy");
  const request = { step: "createSecret", secretId: stage.store.secretId, versionId: "copy" } as const;
  await stage.store.putPending(request, memoryValue("old-password"), call);
  await expect(stage.container()("testSecret", "copy")).resolves.toBe("done");
  expect(stage.engine.logins()).toBe(1);
});
