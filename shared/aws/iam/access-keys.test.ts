import { inspect } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { AwsError } from "../../../local/aws/service.ts";
import { accessKeysAt, type IamUnderTest, startIam } from "../../../tests/support/iam-fixture.ts";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { AccessKeys } from "../../ports/access-keys.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Credential } from "../../ports/database-engine.ts";
import { SecretValue } from "../../secrets/secret-value.ts";

const call: CallOptions = { signal: new AbortController().signal };
let iam: IamUnderTest;
let keys: AccessKeys;
let users = 0;

beforeAll(async () => {
  iam = await startIam();
  keys = accessKeysAt(iam.front.endpoint);
});
afterEach(() => {
  iam.front.faults.clear();
  iam.service.hideNewKeysFor(0);
});
afterAll(async () => iam.stop());

const newUser = async (): Promise<{ readonly user: string; readonly key: Credential }> => {
  const { UserName, AccessKeyId, SecretAccessKey } = await iam.newUser(`user-${(users += 1)}`);
  return { user: UserName, key: { username: AccessKeyId, password: new SecretValue(SecretAccessKey) } };
};
const failure = async (work: Promise<unknown>): Promise<unknown> => work.catch((error: unknown) => error);

describe("a user's keys", () => {
  test("are made, listed, used, deactivated and removed, each as often as one likes", async () => {
    const { user, key } = await newUser();
    const made = await keys.create(user, call);
    expect(await keys.lastUse(made.username, call)).toBeUndefined();
    expect(await keys.identity(made, call)).toEqual({ arn: `arn:aws:iam::123456789012:user/rekey/${user}` });
    expect(await keys.lastUse(made.username, call)).toMatchObject({ service: "sts", at: expect.any(Date) });
    for (let repetition = 0; repetition < 2; repetition++) await keys.deactivate(user, key.username, call);
    expect((await keys.list(user, call)).map(({ id, isActive }) => [id, isActive])).toEqual([
      [key.username, false],
      [made.username, true],
    ]);
    for (let repetition = 0; repetition < 2; repetition++) await keys.remove(user, key.username, call);
    await keys.deactivate(user, key.username, call);
    expect((await keys.list(user, call)).map(({ id }) => id)).toEqual([made.username]);
    expect(inspect(made)).not.toContain(made.password.reveal());
  });

  test("beyond two are refused, to be looked at again", async () => {
    const { user } = await newUser();
    await keys.create(user, call);
    expect(await failure(keys.create(user, call))).toMatchObject({ code: "database-busy", disposition: "retry" });
  });

  test("have an owner with an ARN and tags, where there is one", async () => {
    const { user } = await newUser();
    await keys.tag(user, { "rekey-a": "b c", team: "mail" }, call);
    await keys.tag(user, { "rekey-a": "" }, call);
    expect(await keys.owner(user, call)).toEqual({
      arn: `arn:aws:iam::123456789012:user/rekey/${user}`,
      tags: new Map([
        ["rekey-a", ""],
        ["team", "mail"],
      ]),
    });
    expect(await keys.owner("nobody", call)).toBeUndefined();
  });
});

describe("a key that signs", () => {
  test("with another secret is told from one that is not known, inactive or new", async () => {
    const { user, key } = await newUser();
    expect(await keys.identity({ ...key, password: new SecretValue("canary") }, call)).toBe("wrong");
    await keys.deactivate(user, key.username, call);
    expect(await keys.identity(key, call)).toBe("unknown");
    await keys.remove(user, key.username, call);
    expect(await keys.identity(key, call)).toBe("unknown");
    iam.service.hideNewKeysFor(1);
    const made = await keys.create(user, call);
    expect(await keys.identity(made, call)).toBe("unknown");
    expect(await keys.identity(made, call)).toMatchObject({ arn: expect.any(String) });
  });
});

describe("a call", () => {
  test.each([
    ["may not be made", new AwsError("AccessDenied", "canary", 403), "access-denied", "IamUserArns"],
    ["is one too many", new AwsError("Throttling", "canary", 400), "database-busy", "IAM limits the rate"],
    [
      "fails at AWS",
      new AwsError("ServiceFailure", "canary", 500),
      "database-unreachable",
      "IAM or STS did not answer",
    ],
    ["comes with another", new AwsError("ConcurrentModification", "canary", 409), "database-busy", "too"],
    ["has no room", new AwsError("LimitExceeded", "canary", 409), "aws-refused", "quota of IAM"],
    ["is not understood", new AwsError("ValidationError", "canary", 400), "aws-refused", "AWS's own name"],
  ])("that %s is told as such, with what to do, and without AWS's words", async (_what, error, code, hint) => {
    iam.front.faults.inject({ service: "iam", kind: "error", error });
    const told = await failure(keys.list("anybody", call));
    expect(told).toMatchObject({
      code,
      hint: expect.stringContaining(hint),
      context: { operation: "iam:ListAccessKeys" },
    });
    expect(inspect(told, { depth: 9 })).not.toContain("canary");
  });

  test("that is cut is database-unreachable, and was sent once", async () => {
    const { user } = await newUser();
    const fault = iam.front.faults.inject({ service: "iam", operation: "CreateAccessKey", kind: "cut" });
    const repeating = accessKeysAt(iam.front.endpoint, 3);
    expect(await failure(repeating.create(user, call))).toMatchObject({ code: "database-unreachable" });
    expect([fault.struck, (await keys.list(user, call)).length]).toEqual([1, 2]);
  });

  test("ends with the step's time", async () => {
    const spent = { signal: AbortSignal.abort() };
    const told = await failure(keys.owner("anybody", spent));
    expect(told instanceof RekeyError && told.code).toBe("time-budget-spent");
  });
});
