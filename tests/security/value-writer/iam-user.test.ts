import { expect, test } from "vitest";
import { environmentOf } from "../../../shared/runtime/environment.ts";
import { iamUserGrants } from "../../../shared/runtime/rotation-grants.ts";
import { SecretValue } from "../../../shared/secrets/secret-value.ts";
import { memorySecretId } from "../../../shared/testing/memory-rotation.ts";
import { type IamRotation, iamRotation } from "../../support/iam-rotation.ts";

const call = { signal: AbortSignal.timeout(10_000) };
const grants = iamUserGrants(environmentOf({ REKEY_IAM_USERS: `${memorySecretId}=mailer,other/secret=victim` }));

/** A stage with a victim in the same account, and what its keys and tags are now. */
function attacked(tags: Readonly<Record<string, string>> = {}) {
  const calls: string[] = [];
  const here = iamRotation({
    tags,
    isGranted: (secretName, user) => grants.get(secretName)?.includes(user) === true,
    gate: async (operation, work) => {
      calls.push(operation);
      return work();
    },
  });
  const victim = here.iam.give("victim");
  here.iam.use(victim.id, victim.secret);
  const state = (): string =>
    JSON.stringify([[...here.iam.all.values()], [...here.iam.tags].map(([user, held]) => [user, [...held]])]);
  const changes = (): readonly string[] =>
    calls.filter((operation) => ["create", "deactivate", "remove", "tag"].includes(operation));
  return { here, victim, state, changes, calls };
}

const put = ({ rotation }: IamRotation, version: string, members: object): void =>
  rotation.store.putByHand(version, new SecretValue(JSON.stringify(members)));

test.each(["victim", "administrator", "rekey-rotate-iam-access-key", "../victim", "Mailer"])(
  "a secret that names the user %s is refused before IAM is asked anything",
  async (UserName) => {
    const { here, victim, calls } = attacked();
    put(here, "attack", { UserName, AccessKeyId: victim.id, SecretAccessKey: "x" });
    await expect(here.rotation.rotate("v1")).rejects.toMatchObject({
      code: "option-invalid",
      context: { option: "REKEY_IAM_USERS", user: UserName, problem: "not granted to this secret" },
    });
    expect(calls).not.toContain("owner");
    expect(here.ids("victim")).toEqual([victim.id]);
  },
);

test("another user's key id, without its secret, changes nothing of either user", async () => {
  const { here, victim, changes, state } = attacked();
  here.iam.give("mailer");
  const before = state();
  put(here, "attack", { UserName: "mailer", AccessKeyId: victim.id, SecretAccessKey: "x" });
  await expect(here.rotation.rotate("v1")).rejects.toMatchObject({ code: "credential-refused" });
  expect([state(), changes()]).toEqual([before, []]);
});

test("another user's whole key is told to be one, and no version with it becomes current", async () => {
  const { here, victim } = attacked();
  here.rotation.store.beginRotation("v1");
  const pending = { UserName: "mailer", AccessKeyId: victim.id, SecretAccessKey: victim.secret };
  await here.rotation.store.putPending(
    { step: "createSecret", secretId: memorySecretId, versionId: "v1" },
    new SecretValue(JSON.stringify(pending)),
    call,
  );
  await expect(here.rotation.run("testSecret", "v1")).rejects.toMatchObject({
    code: "secret-malformed",
    context: { field: "AccessKeyId", problem: "the key of another user or account" },
  });
  expect(here.works("AWSCURRENT")).toBe(true);
});

test.each(["AWSCURRENT", "AWSPREVIOUS"])(
  "the id of the user's other key, written into %s without its secret, ends no key, however long nobody uses it",
  async (label) => {
    const { here, changes } = attacked({ "rekey:grace": "0m" });
    const [own = ""] = here.ids();
    const human = here.iam.give("mailer");
    const { password } = here.rotation.stored("AWSCURRENT");
    here.pass(1_000);
    put(here, "attack", { UserName: "mailer", AccessKeyId: human.id, SecretAccessKey: "x" });
    if (label === "AWSPREVIOUS") {
      put(here, "back", { UserName: "mailer", AccessKeyId: own, SecretAccessKey: password.reveal() });
    }
    const keys = here.ids();
    await expect(here.rotation.rotate("v1")).rejects.toMatchObject({
      code: label === "AWSCURRENT" ? "credential-refused" : "account-unsupported",
    });
    expect([here.ids(), changes()]).toEqual([keys, []]);
  },
);

test("an AWSCURRENT that does not sign keeps retirement from ending the key that services use", async () => {
  const { here, changes } = attacked({ "rekey:grace": "0m" });
  await here.rotation.rotate("v1");
  here.pass(5);
  const [first = "", second = ""] = here.ids();
  const made = changes().length;
  put(here, "attack", { UserName: "mailer", AccessKeyId: first, SecretAccessKey: "x" });
  await expect(here.rotation.run("retirePrevious", "attack")).rejects.toMatchObject({ code: "credential-refused" });
  await expect(here.rotation.rotate("v2")).rejects.toMatchObject({ code: "credential-refused" });
  expect([here.ids(), changes().length]).toEqual([[first, second], made]);
});

test("an AWSPENDING for another user than AWSCURRENT's is refused before any contact", async () => {
  const { here, victim, calls } = attacked();
  here.rotation.store.beginRotation("v1");
  const value = { UserName: "victim", AccessKeyId: victim.id, SecretAccessKey: victim.secret };
  await here.rotation.store.putPending(
    { step: "createSecret", secretId: memorySecretId, versionId: "v1" },
    new SecretValue(JSON.stringify(value)),
    call,
  );
  await expect(here.rotation.run("setSecret", "v1")).rejects.toMatchObject({
    code: "pending-tampered",
    context: { field: "account" },
  });
  expect(calls).not.toContain("owner");
});

test("notes of another secret's keys, in the tags of a user that this one was given later, count for nothing", async () => {
  const { here } = attacked();
  const others = here.iam.give("mailer");
  await here.iam.tag("mailer", { "rekey-issued-keys": `0123456789abcdef ${others.id}` }, call);
  here.pass(1_000);
  await expect(here.rotation.rotate("v1")).rejects.toMatchObject({ code: "account-unsupported" });
  expect(here.ids()).toContain(others.id);
});
