import { inspect } from "node:util";
import { expect, test } from "vitest";
import { memoryMskSecrets } from "../../../tests/support/msk-secrets.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import type { MskSecrets } from "./engine-options.ts";
import { givePassword, untilTaken } from "./give-password.ts";
import { idleUsersSecret, type UserSecret } from "./user-secrets.ts";

const call = { signal: AbortSignal.timeout(20_000) };
const login = (username: string, password: string) => ({ username, password: new SecretValue(password) });
const inUse = login("orders", "canary-in-use");
const next = login("orders_b", "canary-next");
const grantsTo = (arns: readonly string[]) => ({ arns, secretName: "app/kafka" });

function pair(secrets = memoryMskSecrets()) {
  const used = secrets.put("orders", "canary-in-use");
  const idle = secrets.put("orders_b", "canary-of-b", { note: "kept" });
  const find = async (arns = [used, idle], of = { inUse, next }): Promise<UserSecret> =>
    idleUsersSecret(secrets, grantsTo(arns), of, call);
  return { secrets, used, idle, find };
}

test("the idle user's secret gets the password and keeps its other members; a repetition writes nothing more", async () => {
  const { secrets, used, idle, find } = pair();
  const before = secrets.current(used);
  for (let times = 0; times < 2; times++) await givePassword(secrets, await find(), next, call);
  expect(secrets.current(idle)).toMatchObject({ username: "orders_b", password: "canary-next" });
  const written = await secrets.read(idle, { label: "AWSCURRENT" }, call);
  expect(JSON.parse(written?.value.reveal() ?? "")).toMatchObject({ note: "kept" });
  expect([secrets.versions(idle), secrets.current(used)]).toEqual([2, before]);
});

test("two invocations at once write one version; a write that comes after another rotation's is refused and changes nothing", async () => {
  const { secrets, idle, find } = pair();
  const seen = await find();
  await Promise.all([givePassword(secrets, seen, next, call), givePassword(secrets, seen, next, call)]);
  expect(secrets.versions(idle)).toBe(2);
  const late = givePassword(secrets, seen, login("orders_b", "canary-late"), call);
  await expect(late).rejects.toMatchObject({ code: "version-conflict", context: { secret: idle } });
  expect(secrets.current(idle).password).toBe("canary-next");
});

test("AWSCURRENT that somebody moved back is told, since Secrets Manager answers the repeated write and moves nothing", async () => {
  const { secrets, idle, find } = pair();
  const { versionId } = secrets.current(idle);
  await givePassword(secrets, await find(), next, call);
  secrets.moveBack(idle, versionId);
  await expect(givePassword(secrets, await find(), next, call)).rejects.toMatchObject({
    code: "version-conflict",
    hint: expect.stringContaining("moved its AWSCURRENT back"),
  });
});

test("a write that is cut, before or after it took effect, is found by the repetition", async () => {
  for (const takesEffect of [false, true]) {
    const { secrets, idle, find } = pair();
    let isCut = true;
    const cut: MskSecrets = {
      read: secrets.read,
      async putLabelled(...put) {
        if (takesEffect || !isCut) await secrets.putLabelled(...put);
        if (isCut) throw new Error("cut");
      },
    };
    await expect(givePassword(cut, await find(), next, call)).rejects.toThrow("cut");
    isCut = false;
    await givePassword(cut, await find(), next, call);
    expect([secrets.current(idle).password, secrets.versions(idle)]).toEqual(["canary-next", 2]);
  }
});

test.each([
  ["no grant at all", () => [], "option-invalid"],
  ["the grant of one of the two", ([used]: readonly string[]) => [used], "option-invalid"],
  ["the grant of the idle one alone", ([, idle]: readonly string[]) => [idle], "option-invalid"],
] as const)("%s is refused, and nothing is written", async (_what, of, code) => {
  const { secrets, used, idle, find } = pair();
  const arns = of([used, idle]).flatMap((arn) => arn ?? []);
  await expect(find(arns)).rejects.toMatchObject({
    code,
    context: { option: "MskSecretGrants" },
    hint: expect.stringContaining("app/kafka=<ARN> <ARN>"),
  });
  expect([secrets.versions(used), secrets.versions(idle)]).toEqual([1, 1]);
});

test("a secret that holds another user's name is not overwritten, and neither is one that two secrets claim", async () => {
  const { secrets, used, find } = pair();
  const theirs = secrets.put("billing", "canary-of-billing");
  await expect(find([used, theirs])).rejects.toMatchObject({ code: "option-invalid", context: { user: "orders_b" } });
  expect(secrets.current(theirs).password).toBe("canary-of-billing");
});

test("the user in use is never written: not by a pair of itself, and not where its secret has another password", async () => {
  const { secrets, used, idle, find } = pair();
  const same = find([used, idle], { inUse, next: login("orders", "canary-next") });
  await expect(same).rejects.toMatchObject({ code: "user-collision" });
  const invented = { inUse: login("orders_b", "canary-invented"), next: login("orders", "canary-next") };
  const error: unknown = await find([used, idle], invented).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "secret-malformed", context: { secret: idle, field: "password" } });
  expect(inspect(error, { depth: 9 })).not.toContain("canary");
  expect([secrets.versions(used), secrets.versions(idle)]).toEqual([1, 1]);
});

test("a secret of MSK's that is not its JSON is named by its ARN", async () => {
  const { used, secrets, find } = pair();
  const broken = secrets.put("", "canary-without-user");
  await expect(find([used, broken])).rejects.toMatchObject({ code: "secret-malformed", context: { secret: broken } });
});

const patience = { pollMs: 1, takenWithinMs: 60_000 };

test("a password is waited for until MSK has taken it", async () => {
  const { find } = pair();
  let logins = 0;
  await untilTaken(async () => ++logins === 5, await find(), new Date(), patience, call);
  expect(logins).toBe(5);
});

test("when the time of the invocation is up it is said, and what the next one needs to go on stands in MSK's secret", async () => {
  const { find } = pair();
  const time = new AbortController();
  const refused = async (): Promise<boolean> => {
    time.abort();
    return false;
  };
  const waiting = untilTaken(refused, await find(), new Date(), patience, { signal: time.signal });
  await expect(waiting).rejects.toMatchObject({ code: "time-budget-spent", disposition: "retry" });
});

test("a password that MSK should have taken long since is refused, with what MSK needs to take it", async () => {
  const { idle, find } = pair();
  const since = new Date(Date.now() - patience.takenWithinMs - 1_000);
  const waiting = untilTaken(async () => false, await find(), since, patience, call);
  await expect(waiting).rejects.toMatchObject({
    code: "credential-refused",
    context: { user: "orders_b", secret: idle },
    hint: expect.stringContaining("BatchAssociateScramSecret"),
  });
});
