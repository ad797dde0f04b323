import { expect, test } from "vitest";
import { memoryAdminId, memoryRotation, memoryValue } from "../testing/memory-rotation.ts";

const steps = ["createSecret", "setSecret", "testSecret", "finishSecret"] as const;

/** Who logged in, and in which database of users: the credential's own, or else the target's. */
async function loginsOf(fields: object, adminFields: object): Promise<readonly string[]> {
  const stage = memoryRotation({ strategy: "alternating-users", fields });
  stage.store.others.set(memoryAdminId, {
    AWSCURRENT: memoryValue("admin-password", { username: "admin", ...adminFields }),
  });
  const seen: string[] = [];
  const { login } = stage.engine;
  stage.engine.login = async (target, credential, call) => {
    seen.push(`${credential.username}@${credential.authSource ?? target.authSource ?? target.dbname}`);
    return login(target, credential, call);
  };
  stage.store.beginRotation("v1");
  const invoke = stage.container();
  for (const step of steps) await invoke(step);
  return seen;
}

test("the secret's users are in its authSource, or else in its dbname, an admin without either in the engine's default", async () => {
  expect(await loginsOf({ dbname: "shop" }, {})).toEqual(["app@shop", "admin@memory", "app_clone@shop"]);
  expect(await loginsOf({ dbname: "shop", authSource: "users" }, { dbname: "root" })).toEqual([
    "app@users",
    "admin@root",
    "app_clone@users",
  ]);
  expect(await loginsOf({}, { dbname: "root", authSource: "ops" })).toEqual([
    "app@memory",
    "admin@ops",
    "app_clone@memory",
  ]);
});

test("AWSPENDING with another authSource is refused before any contact", async () => {
  const stage = memoryRotation({ strategy: "single-user", fields: { authSource: "users" } });
  stage.store.beginRotation("v1");
  await stage.store.putPending(
    { step: "createSecret", secretId: stage.store.secretId, versionId: "v1" },
    memoryValue("new-password", { authSource: "elsewhere" }),
    { signal: AbortSignal.timeout(1_000) },
  );
  await expect(stage.container()("setSecret")).rejects.toMatchObject({
    code: "pending-tampered",
    context: { field: "authSource" },
  });
  expect(stage.engine.logins()).toBe(0);
});
