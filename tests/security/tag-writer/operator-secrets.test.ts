import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type CliStage, startCliStage } from "../../support/cli-stage.ts";

// Commands and servers start slowly on a busy machine.
vi.setConfig({ testTimeout: 150_000, hookTimeout: 120_000 });

let stage: CliStage;
let foreignAdmin: string;
let foreignSecret: string;

/** By the operator, who may read every secret of the account; the stack's functions have roles of their own. */
const read = (): readonly string[] =>
  stage.stack.aws.requests
    .filter(({ operation, principalArn }) => operation === "GetSecretValue" && principalArn.endsWith(":root"))
    .flatMap(({ resources }) => resources);
const made = async (Name: string, value: object): Promise<string> =>
  (await stage.secrets.createSecret({ Name, SecretString: JSON.stringify(value) })).ARN ?? "";

beforeAll(async () => {
  stage = await startCliStage();
  const { host, port } = stage.postgres;
  const place = { engine: "postgres", host, port, ssl: "disable" };
  foreignAdmin = await made("other/admin", { ...place, username: "other_admin", password: "canary" });
  foreignSecret = await made("other/orders", { ...place, username: "other_orders", password: "canary" });
  // Rotated by a function of another stack.
  await stage.secrets.rotateSecret({
    SecretId: foreignSecret,
    RotationLambdaARN: stage.outputs["RotateMysqlArn"] ?? "",
    RotationRules: { AutomaticallyAfterDays: 30 },
    RotateImmediately: false,
  });
  await stage.secret("db/orders");
});
afterAll(async () => {
  await stage.stop();
});

test.each(["doctor", "plan-rotation"])(
  "a tag that names another tenant's secret as the admin has the operator's %s read it: refused",
  async (command) => {
    const Tags = [
      { Key: "rekey:admin-secret", Value: foreignAdmin },
      { Key: "rekey:strategy", Value: "alternating-users" },
    ];
    await stage.secrets.tagResource({ SecretId: "db/orders", Tags });
    const { out, err } = await stage.rekey(command, "db/orders", "--json");
    await stage.secrets.untagResource({ SecretId: "db/orders", TagKeys: Tags.map(({ Key }) => Key) });
    expect(read()).not.toContain(foreignAdmin);
    expect(out + err).toContain("admin-secret-refused");
  },
);

test("a secret has the operator's doctor read the values of secrets that its own function does not rotate: refused", async () => {
  const { code } = await stage.rekey("doctor", "db/orders");
  expect(code).toBe(0);
  expect(read()).toContainEqual(expect.stringContaining(":db/orders-"));
  expect(read()).not.toContain(foreignSecret);
});
