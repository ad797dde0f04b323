import { expect, test } from "vitest";
import { memoryRotation } from "../../testing/memory-rotation.ts";
import { alternatingUsers } from "./alternating-users.ts";

const withoutAdmin = () =>
  memoryRotation({
    strategy: "alternating-users",
    fields: { masterarn: undefined },
    wiring: (engine) => ({
      strategies: { "alternating-users": alternatingUsers({ ...engine, pairsWithoutAdmin: true }) },
    }),
  });

test("where the engine needs no admin, the user in use changes the other one", async () => {
  const rotation = withoutAdmin();
  const run = rotation.container();
  rotation.store.beginRotation("v1");
  for (const step of ["createSecret", "setSecret", "testSecret", "finishSecret"] as const) await run(step);
  expect([rotation.logsIn("AWSCURRENT"), rotation.logsIn("AWSPREVIOUS")]).toEqual([true, true]);
  expect(rotation.store.labelled("AWSCURRENT")?.value.reveal()).toContain('"app_clone"');
});

test("an AWSCURRENT that does not log in ends the step before the other user is changed", async () => {
  const rotation = withoutAdmin();
  const run = rotation.container();
  rotation.engine.give("app", ["another-password"]);
  rotation.store.beginRotation("v1");
  await run("createSecret");
  await expect(run("setSecret")).rejects.toMatchObject({
    code: "credential-refused",
    context: { user: "app", label: "AWSCURRENT" },
  });
  expect(rotation.logsIn("AWSPENDING")).toBe(false);
});

test("what was replaced ends with the next rotation, so there is nothing to retire", () => {
  const { engine } = withoutAdmin();
  expect(alternatingUsers({ ...engine, pairsWithoutAdmin: true }).retire).toBeUndefined();
  expect(alternatingUsers(engine).retire).toBeDefined();
});
