import { expect, test } from "vitest";
import { type MemoryRotation, memoryAdminId, memoryRotation, memoryValue } from "../testing/memory-rotation.ts";

const otherAdmin = "arn:aws:secretsmanager:us-east-1:123456789012:secret:other-AbCdEf";

/** Alternating users before setSecret, their admin's secret with this value. */
async function created(
  options: Partial<Parameters<typeof memoryRotation>[0]>,
  admin: Readonly<Record<string, object>> = {},
): Promise<MemoryRotation> {
  const stage = memoryRotation({ strategy: "alternating-users", ...options });
  for (const [arn, fields] of Object.entries(admin)) {
    stage.store.others.set(arn, { AWSCURRENT: memoryValue("admin-password", { username: "admin", ...fields }) });
  }
  stage.store.beginRotation("v1");
  await stage.container()("createSecret");
  return stage;
}

test("an admin secret that only the secret's own JSON names is refused", async () => {
  const stage = await created({ fields: { masterarn: otherAdmin } }, { [otherAdmin]: {} });
  await expect(stage.container()("setSecret")).rejects.toMatchObject({
    code: "admin-secret-refused",
    context: { admin: otherAdmin },
  });
  expect(stage.engine.logins()).toBe(1);
});

test("an admin secret that the secret's tag names is used, also where the JSON names it too or names none", async () => {
  for (const masterarn of [otherAdmin, undefined]) {
    const stage = await created(
      { fields: { masterarn }, tags: { "rekey:admin-secret": otherAdmin } },
      { [otherAdmin]: {} },
    );
    await expect(stage.container()("setSecret")).resolves.toBe("done");
    expect(stage.logsIn("AWSPENDING")).toBe(true);
  }
});

test("an admin secret without a current value is not found", async () => {
  const stage = await created({});
  stage.store.others.set(memoryAdminId, { AWSPREVIOUS: memoryValue("admin-password", { username: "admin" }) });
  await expect(stage.container()("setSecret")).rejects.toMatchObject({
    code: "secret-not-found",
    context: { secret: memoryAdminId },
  });
});

test("an admin secret for another host is refused, so that its password is not sent to this one", async () => {
  const stage = await created({}, { [memoryAdminId]: { host: "other-db" } });
  await expect(stage.container()("setSecret")).rejects.toMatchObject({
    code: "admin-secret-refused",
    context: { admin: memoryAdminId, problem: "it is for another host" },
  });
  expect(stage.engine.logins()).toBe(1);
});

test.each([
  ["the host in capitals", { host: "DB" }],
  ["no host, as RDS writes it", { host: undefined }],
])("an admin secret with %s is used", async (_form, fields) => {
  const stage = await created({}, { [memoryAdminId]: fields });
  await expect(stage.container()("setSecret")).resolves.toBe("done");
});
