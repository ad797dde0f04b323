import { afterAll, beforeAll, expect, test } from "vitest";
import { strategiesOn } from "../../functions/rotate-postgres/rotation.ts";
import { planRotation, type RotationPlan } from "../../shared/operations/plan/plan-rotation.ts";
import { rotate } from "../../shared/rotation/rotate.ts";
import { adminArn, type OperationsStage, startOperationsStage } from "./stage.ts";

let stage: OperationsStage;
const call = { signal: new AbortController().signal };

beforeAll(async () => {
  stage = await startOperationsStage();
});
afterAll(async () => stage.postgres.stop());

type Made = Awaited<ReturnType<OperationsStage["secret"]>>;

const plan = async ({ deps, secretArn }: Made): Promise<RotationPlan> =>
  planRotation(
    { rotation: deps, engine: stage.engine, strategiesOf: (engine) => strategiesOn(engine).strategies },
    secretArn,
    call,
  );

async function make(strategy: "single-user" | "alternating-users", changeAt = "setSecret"): Promise<Made> {
  const made = await stage.secret(strategy === "single-user" ? {} : { fields: { masterarn: adminArn } });
  const { username, password } = stage.postgres.superuser;
  made.store.others.set(adminArn, { AWSCURRENT: stage.secretJson(username, { password }) });
  made.store.tags.set("rekey:change-at", changeAt);
  return made;
}

async function rotateTo({ store, deps, secretArn }: Made, versionId: string): Promise<void> {
  store.beginRotation(versionId);
  for (const step of ["createSecret", "setSecret", "testSecret", "finishSecret"] as const) {
    await rotate(deps, { step, secretId: secretArn, versionId }, { work: call, tell: call });
  }
}

const whats = ({ steps }: RotationPlan, kind: string): readonly string[] =>
  steps.flatMap(({ actions }) => actions.filter((action) => action.kind === kind).map(({ what }) => what));

/** A statement of the log in the form of a shape: its literals, names and numbers as `…`. */
const matches = (statement: string, shape: string): boolean => {
  const pattern = shape.split("…").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${pattern.join("[^]*?")}`).test(statement);
};

test.each([
  ["single-user", "setSecret", 2, /^from setSecret/],
  ["single-user", "finishSecret", 2, /^milliseconds/],
  ["alternating-users", "setSecret", 3, /^none/],
] as const)("a plan (%s, changed at %s) is what the rotation then does", async (strategy, changeAt, logins, window) => {
  const made = await make(strategy, changeAt);
  // The first rotation of a pair makes the alternate user, which no later one does.
  if (strategy === "alternating-users") await rotateTo(made, "v1");
  const planned = await plan(made);
  expect(planned).toMatchObject({ secretArn: made.secretArn, strategy, window: expect.stringMatching(window) });
  expect(whats(planned, "connection")).toHaveLength(logins);
  expect(whats(planned, "call").filter((what) => what.includes("(write)"))).toHaveLength(2);
  expect(whats(planned, "call").length).toBeLessThanOrEqual(9);
  expect(whats(planned, "event")).toEqual(["Secret Rotated"]);
  expect(JSON.stringify(planned)).not.toContain("-canary");
  expect(made.store.versionIdOf("AWSPENDING")).toBe(strategy === "alternating-users" ? "v1" : undefined);
  expect(made.store.versionIdOf("AWSCURRENT")).toBe(strategy === "alternating-users" ? "v1" : "v0");

  const before = (await stage.postgres.log()).length;
  await rotateTo(made, "v2");
  const lines = (await stage.postgres.log()).slice(before).split(/\n(?=\d{4}-)/);
  const statements = lines
    .filter((line) => line.includes(" rekey LOG:  statement: "))
    .flatMap((line) => line.replace(/^.*? statement: /, "").split("; "))
    .map((statement) => statement.trim());
  const shapes = whats(planned, "statement");
  const unplanned = statements.filter((statement) => !shapes.some((shape) => matches(statement, shape)));
  const unsaid = shapes.filter((shape) => !statements.some((statement) => matches(statement, shape)));
  expect(unplanned).toEqual([]);
  expect(unsaid).toEqual([]);
});

test("a plan says that its engine is experimental, and there is none before the secret accepts it", async () => {
  const made = await make("single-user");
  const engine = { ...stage.engine, isExperimental: true };
  const planned = async () =>
    planRotation(
      { rotation: made.deps, engine, strategiesOf: (one) => strategiesOn(one).strategies },
      made.secretArn,
      call,
    );
  await expect(planned()).rejects.toMatchObject({ code: "engine-experimental" });
  made.store.tags.set("rekey:accept-experimental", "true");
  expect(await planned()).toMatchObject({ strategy: "single-user", isExperimental: true });
  expect(await plan(made)).toMatchObject({ isExperimental: false });
});

test("a secret that cannot be rotated has no plan", async () => {
  const made = await make("alternating-users");
  made.store.tags.set("rekey:alternate-user", made.username);
  await expect(plan(made)).rejects.toMatchObject({ code: "option-invalid" });
});
