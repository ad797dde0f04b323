import { describe, expect, test } from "vitest";
import { type IamRotation, iamRotation } from "../../../tests/support/iam-rotation.ts";
import { RekeyError } from "../../errors/rekey-error.ts";
import { SecretValue } from "../../secrets/secret-value.ts";

const secretOf = (members: object): SecretValue => new SecretValue(JSON.stringify(members));

const refusal = {
  code: "account-unsupported",
  context: { user: "mailer", property: expect.stringContaining("did not issue") },
  hint: expect.stringContaining("delete this key once nothing uses it"),
};

/** A rotation whose first CreateAccessKey ends without an answer. */
function cutAtCreate(takesEffect: boolean): IamRotation {
  let isCut = false;
  return iamRotation({
    gate: async (operation, work) => {
      if (operation !== "create" || isCut) return work();
      isCut = true;
      if (takesEffect) await work();
      throw new RekeyError("connection-lost");
    },
  });
}

describe("a key that a cut creation made", () => {
  test("is removed by the next run, which makes another", async () => {
    const { iam, rotation, ids, idOf } = cutAtCreate(true);
    const [first] = ids();
    await expect(rotation.rotate("v1")).rejects.toMatchObject({ code: "connection-lost" });
    const [, orphan = ""] = ids();
    await rotation.rotate("v1");
    expect([ids(), iam.all.has(orphan)]).toEqual([[first, idOf("AWSCURRENT")], false]);
  });

  test("is removed also by a later rotation", async () => {
    const { iam, rotation, ids, idOf, pass } = cutAtCreate(true);
    await expect(rotation.rotate("v1")).rejects.toMatchObject({ code: "connection-lost" });
    const [first, orphan = ""] = ids();
    pass(24);
    await rotation.rotate("v2");
    expect([ids(), iam.all.has(orphan)]).toEqual([[first, idOf("AWSCURRENT")], false]);
  });
});

describe("a key that a human made", () => {
  const isKept = async ({ rotation, iam, works }: IamRotation, id: string, version = "v1"): Promise<void> => {
    await expect(rotation.rotate(version)).rejects.toMatchObject({
      ...refusal,
      context: { ...refusal.context, key: id },
    });
    expect([iam.all.get(id)?.isActive, works("AWSCURRENT")]).toEqual([true, true]);
  };

  test.each([false, true])("before the first rotation is not touched (used: %s)", async (isUsed) => {
    const here = iamRotation();
    const { id, secret } = here.iam.give("mailer");
    if (isUsed) here.iam.use(id, secret);
    await isKept(here, id);
    expect(here.ids()).toHaveLength(2);
  });

  test("is not touched though a creation was cut before: it was made minutes later", async () => {
    const here = cutAtCreate(false);
    await expect(here.rotation.rotate("v1")).rejects.toMatchObject({ code: "connection-lost" });
    here.pass(0.1);
    await isKept(here, here.iam.give("mailer").id);
  });

  test("is not touched though a creation was cut in the same moment: it was used", async () => {
    const here = cutAtCreate(false);
    await expect(here.rotation.rotate("v1")).rejects.toMatchObject({ code: "connection-lost" });
    const { id, secret } = here.iam.give("mailer");
    here.iam.use(id, secret);
    await isKept(here, id);
  });

  test("is not touched though a creation was cut in the same moment: a version of the secret holds it", async () => {
    const here = cutAtCreate(false);
    await expect(here.rotation.rotate("v1")).rejects.toMatchObject({ code: "connection-lost" });
    const { store, stored } = here.rotation;
    const before = store.labelled("AWSCURRENT")?.value ?? secretOf({});
    const { id, secret } = here.iam.give("mailer");
    store.putByHand("by-hand", secretOf({ UserName: "mailer", AccessKeyId: id, SecretAccessKey: secret }));
    store.putByHand("back", before);
    expect(stored("AWSPREVIOUS").username).toBe(id);
    await isKept(here, id, "v2");
  });

  test("and was put into the secret stays when it was replaced", async () => {
    const here = iamRotation();
    await here.rotation.rotate("v1");
    const [first = "", second = ""] = here.ids();
    await here.iam.remove("mailer", first, { signal: AbortSignal.timeout(1_000) });
    const { id, secret } = here.iam.give("mailer");
    const put = secretOf({ UserName: "mailer", AccessKeyId: id, SecretAccessKey: secret });
    here.rotation.store.putByHand("by-hand", put);
    here.pass(5);
    await here.rotation.rotate("v2");
    expect(here.ids()).toEqual([id, here.idOf("AWSCURRENT")]);
    expect(here.iam.all.has(second)).toBe(false);
    here.pass(5);
    await isKept(here, id, "v3");
  });
});

test("a key that is not the secret's own is left alone when the one before is retired", async () => {
  const here = iamRotation({ tags: { "rekey:grace": "0m" } });
  await here.rotation.rotate("v1");
  const [first = ""] = here.ids();
  await here.iam.remove("mailer", first, { signal: AbortSignal.timeout(1_000) });
  const { id } = here.iam.give("mailer");
  here.pass(5);
  expect(await here.rotation.run("retirePrevious", "v1")).toBe("done");
  expect(here.iam.all.get(id)?.isActive).toBe(true);
});

test("a key of a rotation that was given up is kept for hours, since a label may have been on it, and then makes room", async () => {
  const here = iamRotation();
  here.pass(1_000);
  here.rotation.store.beginRotation("v1");
  await here.rotation.run("createSecret", "v1");
  here.rotation.store.beginRotation("v2");
  await expect(here.rotation.run("createSecret", "v2")).rejects.toMatchObject({ code: "grace-not-over" });
  const [first, givenUp = ""] = here.ids();
  here.pass(5);
  await here.rotation.rotate("v3");
  expect([here.ids(), here.iam.all.has(givenUp)]).toEqual([[first, here.idOf("AWSCURRENT")], false]);
});
