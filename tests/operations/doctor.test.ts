import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Account, Intent } from "../../shared/ports/account.ts";
import type { MirrorProbe } from "../../shared/ports/mirror.ts";
import { doctor } from "../../shared/operations/doctor/doctor.ts";
import { RekeyError } from "../../shared/errors/rekey-error.ts";
import { BinaryValue } from "../../shared/secrets/binary-value.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";
import { adminArn, type OperationsStage, startOperationsStage } from "./stage.ts";

let stage: OperationsStage;
const call = { signal: new AbortController().signal };

beforeAll(async () => {
  stage = await startOperationsStage();
  await stage.postgres.admin("CREATE ROLE rotator LOGIN CREATEROLE PASSWORD 'rotator-canary'");
});
afterAll(async () => stage.postgres.stop());

type Made = Awaited<ReturnType<OperationsStage["secret"]>>;
type Mirror = Pick<MirrorProbe, "probe">;
const find = async ({ deps, secretArn }: Made, ports: { account?: Account; mirror?: Mirror } = {}) => {
  const findings = await doctor({ rotation: deps, ...ports }, secretArn, call);
  expect(JSON.stringify(findings)).not.toContain("-canary");
  for (const { meaning, remedy } of findings) expect([meaning, remedy]).not.toContain("");
  return findings.map(({ code, severity }) => `${severity} ${code}`);
};
const unverified = "warning tls-not-verified";
/** Has Secrets Manager describe the secret so. */
function describeAs({ deps: { store } }: Made, change: Partial<Awaited<ReturnType<typeof store.describe>>>): void {
  const { describe: before } = store;
  store.describe = async (id, options) => ({ ...(await before(id, options)), ...change });
}

test("a secret in order: nothing but what it asked for itself", async () => {
  const made = await stage.secret();
  expect(await find(made)).toEqual([unverified]);
  expect(made.store.versionIdOf("AWSCURRENT")).toBe("v0");
});

describe("the secret by itself", () => {
  test.each([
    ["a shape that is not AWS's", { host: 7 }, "error secret-malformed"],
    ["an engine of another function", { engine: "sqlserver" }, "error engine-unsupported"],
    ["a field that would keep the old password", { note: "see PASSWORD" }, "error secret-malformed"],
    ["an alternate name that is too long", { masterarn: adminArn, username: "u".repeat(60) }, "error option-invalid"],
  ])("%s", async (_what, fields, expected) => {
    const made = await stage.secret();
    const value = made.store.labelled("AWSCURRENT")?.value.reveal() ?? "{}";
    const text = JSON.stringify({ ...JSON.parse(value), ...fields }).replace("PASSWORD", `${made.username}-canary`);
    made.store.putByHand("v1", new SecretValue(text));
    expect(await find(made)).toEqual([expected]);
  });

  test("a tag that rekey does not take, a rotation that is off, a version left at AWSPENDING", async () => {
    const made = await stage.secret();
    made.store.beginRotation("left");
    made.store.cancelRotation();
    expect(await find(made)).toEqual(["warning rotation-off", "error pending-left", unverified]);
    made.store.tags.set("rekey:strategy", "both");
    expect(await find(made)).toEqual(["error option-invalid"]);
  });

  test("an experimental engine: an error until the secret accepts it, then a warning", async () => {
    const made = await stage.secret();
    const untested = { ...made, deps: { ...made.deps, engine: { ...stage.engine, isExperimental: true } } };
    expect(await find(untested)).toEqual(["error engine-experimental"]);
    made.store.tags.set("rekey:accept-experimental", "true");
    expect(await find(untested)).toEqual(["warning engine-untested", unverified]);
  });

  test("a tag that rekey does not know is named, without its value", async () => {
    const made = await stage.secret();
    made.store.tags.set("rekey:grase", "tag-canary");
    const findings = await doctor({ rotation: made.deps }, made.secretArn, call);
    const unknown = findings.find(({ code }) => code === "tag-unknown");
    expect(unknown).toMatchObject({ severity: "warning", detail: { tag: "rekey:grase" } });
    expect(unknown?.remedy).toContain("rekey:grace, ");
    expect(JSON.stringify(findings)).not.toContain("tag-canary");
  });

  test("a secret that a partner rotates is not looked into", async () => {
    const made = await stage.secret();
    const describe = async (id: string) => ({
      ...(await made.store.describe(id, call)),
      managedBy: "BigIDClientSecret",
    });
    expect(await find({ ...made, deps: { ...made.deps, store: { ...made.store, describe } } })).toEqual([
      "error rotated-elsewhere",
    ]);
  });

  test("a secret that is not there", async () => {
    const { deps } = await stage.secret();
    const findings = await doctor({ rotation: deps }, "arn:nobody", call);
    expect(findings.map(({ code, severity }) => `${severity} ${code}`)).toEqual(["error secret-not-found"]);
  });

  test("a secret that is scheduled for deletion, and one of bytes", async () => {
    const made = await stage.secret();
    made.store.putByHand("bytes", new BinaryValue(Buffer.from([0, 255]), made.secretArn));
    expect(await find(made)).toEqual(["error secret-binary"]);
    describeAs(made, { deletedAt: new Date() });
    expect(await find(made)).toEqual(["error store-rejected"]);
  });
});

test("an endpoint of RDS Proxy is found before any server is asked", async () => {
  const made = await stage.secret({ fields: { host: "orders.proxy-c1abcdefghij.eu-west-1.rds.amazonaws.com" } });
  expect(await find(made)).toEqual(["error pooler-keeps-password"]);
});

describe("the server", () => {
  test.each([
    ["a closed port", { port: 1 }, "error database-unreachable"],
    ["a server without TLS", { ssl: true }, "error tls-refused"],
    ["a database that does not exist", { dbname: "nope" }, "error database-unknown"],
    ["a password that is not the server's", { password: "other" }, "error credential-refused"],
  ])("%s", async (_what, fields, expected) => {
    const made = await stage.secret({ fields });
    expect((await find(made)).filter((found) => found !== unverified)).toEqual([expected]);
  });

  test("a user that expires within a month, and a server that is read-only", async () => {
    const soon = new Date(Date.now() + 86_400_000).toISOString();
    const expiring = await stage.secret({ role: `LOGIN VALID UNTIL '${soon}'` });
    expect(await find(expiring)).toEqual([unverified, "warning user-expires"]);
    const reader = await stage.secret();
    await stage.postgres.admin(`ALTER ROLE ${reader.username} SET default_transaction_read_only = on`);
    expect(await find(reader)).toEqual([unverified]);
    await stage.postgres.admin("ALTER DATABASE postgres SET default_transaction_read_only = on");
    expect(await find(reader)).toEqual([unverified, "error database-read-only"]);
    await stage.postgres.admin("BEGIN READ WRITE; ALTER DATABASE postgres RESET default_transaction_read_only; COMMIT");
  });
});

describe("alternating users", () => {
  const alternating = async (fields: object = {}): Promise<Made> => {
    const made = await stage.secret({ fields: { masterarn: adminArn, ...fields } });
    made.store.others.set(adminArn, { AWSCURRENT: stage.secretJson("rotator") });
    return made;
  };

  test("an admin without ADMIN OPTION is named", async () => {
    expect(await find(await alternating())).toEqual([unverified, "error database-rights-missing"]);
  });

  test("with it all is well; a foreign user of the alternate's name is a collision", async () => {
    const made = await alternating();
    await stage.postgres.admin(`GRANT ${made.username} TO rotator WITH ADMIN OPTION`);
    expect(await find(made)).toEqual([unverified]);
    await stage.postgres.admin(`CREATE ROLE ${made.username}_clone LOGIN`);
    await stage.postgres.admin(`GRANT ${made.username}_clone TO rotator WITH ADMIN OPTION`);
    expect(await find(made)).toEqual([unverified, "error user-collision"]);
  });

  test("a user that looks like another function's alternate is told before its own alternate is named after it", async () => {
    const warning = "warning pair-of-alternate";
    const made = await stage.secret({ username: "sample_clone", fields: { masterarn: adminArn } });
    made.store.others.set(adminArn, { AWSCURRENT: stage.secretJson("rotator") });
    await stage.postgres.admin("GRANT sample_clone TO rotator WITH ADMIN OPTION");
    expect(await find(made)).toEqual([warning, unverified]);
    made.store.tags.set("rekey:alternate-user", "sample_b");
    expect(await find(made)).toEqual([unverified]);
    made.store.tags.set("rekey:strategy", "single-user");
    made.store.tags.delete("rekey:alternate-user");
    expect(await find(made)).toEqual([unverified]);
    made.store.tags.delete("rekey:strategy");
    const pair = { masterarn: adminArn, alternateusers: ["sample", "sample_clone"] };
    made.store.putByHand("v1", stage.secretJson("sample_clone", pair));
    expect(await find(made)).toEqual([unverified, "error user-collision"]);
    const { host, port } = stage.postgres;
    const users = new Map([[made.secretArn, [{ username: "sample_clone", host, port }]]]);
    const granted = { ...made, deps: { ...made.deps, grants: { ...made.deps.grants, users } } };
    expect(await find(granted)).toEqual([unverified]);
  });

  test("no admin, an admin that is not allowed, an admin whose password is wrong", async () => {
    const none = await stage.secret();
    none.store.tags.set("rekey:strategy", "alternating-users");
    expect(await find(none)).toEqual(["error admin-not-set", unverified]);
    expect(await find(await alternating({ masterarn: "arn:other" }))).toContain("error admin-secret-refused");
    const wrong = await alternating();
    wrong.store.others.set(adminArn, { AWSCURRENT: stage.secretJson("rotator", { password: "other" }) });
    expect(await find(wrong)).toContain("error credential-refused");
  });
});

describe("around the secret", () => {
  const account = (facts: Partial<Account> = {}): Account => ({
    rotationFunction: async () => ({ timeoutMs: 30_000, roleArn: "arn:role", environment: new Map() }),
    deniedActions: async () => [],
    rotatedSecrets: async () => [],
    ...facts,
  });
  const rotated = async (): Promise<Made> => {
    const made = await stage.secret();
    describeAs(made, {
      rotationFunctionArn: "arn:function",
      replicas: new Map([
        ["eu-west-1", "InProgress"],
        ["eu-west-2", "InSync"],
      ]),
    });
    return made;
  };

  test("a function with time and rights is no finding; a replica that is behind is", async () => {
    expect(await find(await rotated(), { account: account() })).toEqual(["warning replica-behind", unverified]);
  });

  test.each([
    [{ rotationFunction: async () => undefined }, ["warning function-cannot-be-seen"]],
    [{ deniedActions: async () => undefined }, ["warning iam-cannot-be-seen"]],
    [{ deniedActions: async () => ["secretsmanager:PutSecretValue"] }, ["error iam-denied"]],
    [
      { rotationFunction: async () => ({ timeoutMs: 3_000, roleArn: "arn:role", environment: new Map() }) },
      ["warning function-timeout-short"],
    ],
  ])("what the account says is judged (%#)", async (facts, expected) => {
    const found = await find(await rotated(), { account: account(facts) });
    expect(found.slice(2)).toEqual(expected);
  });

  test("the role is asked about with the conditions that the calls have: its secrets, the admin's, the bus", async () => {
    const made = await stage.secret({ fields: { masterarn: adminArn } });
    const functionArn = "arn:aws:lambda:eu-west-1:123456789012:function:rotate";
    describeAs(made, { rotationFunctionArn: functionArn });
    const asked: Intent[] = [];
    const environment = new Map([["EVENT_BUS_NAME", "rekey"]]);
    const found = await doctor(
      {
        rotation: made.deps,
        account: account({
          rotationFunction: async () => ({ timeoutMs: 30_000, roleArn: "arn:role", environment }),
          async deniedActions(_role, intent) {
            asked.push(intent);
            return intent.resourceArn === made.secretArn ? [] : intent.actions;
          },
        }),
      },
      made.secretArn,
      call,
    );
    const bus = "arn:aws:events:eu-west-1:123456789012:event-bus/rekey";
    expect(asked.map(({ resourceArn, conditions }) => [resourceArn, conditions])).toEqual([
      [made.secretArn, { "secretsmanager:resource/AllowRotationLambdaArn": functionArn }],
      [adminArn, {}],
      [bus, { "events:source": "rekey", "events:detail-type": "Secret Rotated" }],
    ]);
    expect(found.filter(({ code }) => code === "iam-denied").map(({ detail }) => detail)).toEqual([
      { role: "arn:role", actions: "secretsmanager:GetSecretValue", resource: adminArn },
      { role: "arn:role", actions: "events:PutEvents", resource: bus },
    ]);
  });

  test.each([
    ["key-1", async () => [], []],
    ["key-1", async () => undefined, ["warning iam-cannot-be-seen"]],
    ["key-1", async (_role: string, { actions }: Intent) => actions, ["error iam-denied", "error key-not-granted"]],
    ["alias/orders", async () => [], ["warning key-cannot-be-seen"]],
  ])("the secret's own key %s is asked about too (%#)", async (kmsKeyId, deniedActions, expected) => {
    const made = await rotated();
    describeAs(made, { kmsKeyId });
    const found = await find(made, { account: account({ deniedActions }) });
    expect(found.slice(2)).toEqual(expected);
  });

  test("another secret that rotates the same user", async () => {
    const made = await rotated();
    const other = "arn:aws:secretsmanager:us-east-1:123456789012:secret:other-AbCdEf";
    const foreign = "arn:aws:secretsmanager:us-east-1:123456789012:secret:foreign-AbCdEf";
    made.store.others.set(other, { AWSCURRENT: stage.secretJson(made.username) });
    made.store.others.set(foreign, { AWSCURRENT: new SecretValue("not JSON") });
    const by = (functionArn: string) => async () =>
      [made.secretArn, foreign, other].map((secretArn) => ({ secretArn, functionArn }));
    const found = await find(made, { account: account({ rotatedSecrets: by("arn:function") }) });
    expect(found).toContain("error user-shared");
    const elsewhere = await find(made, { account: account({ rotatedSecrets: by("arn:another") }) });
    expect(elsewhere).not.toContain("error user-shared");
  });

  test("a mirror that may not be written, or cannot be reached", async () => {
    const made = await stage.secret();
    const denied: Mirror = { probe: async () => ({ path: "secret/data/x", mayWrite: false }) };
    const gone: Mirror = {
      probe: async () => {
        throw new RekeyError("mirror-unavailable");
      },
    };
    expect(await find(made, { mirror: denied })).toContain("error mirror-path-denied");
    expect(await find(made, { mirror: gone })).toContain("error mirror-unavailable");
    made.store.tags.set("rekey:mirror", "false");
    expect(await find(made, { mirror: denied })).not.toContain("error mirror-path-denied");
  });
});
