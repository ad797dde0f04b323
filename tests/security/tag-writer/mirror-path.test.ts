import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { intruders, type MirrorStage, startMirrorStage, victims } from "../../support/mirror-stage.ts";
import { bao } from "../../support/openbao.ts";

describe.skipIf(bao === undefined)("who may set one secret's tags", () => {
  let stage: MirrorStage;
  let serial = 0;
  let victim = "";
  let path = "";
  let before: unknown;
  const intruder = async (tags: Readonly<Record<string, string>>, name = `own/${serial}`): Promise<string> =>
    stage.secret(name, intruders, tags);

  beforeAll(async () => {
    stage = await startMirrorStage();
  });
  afterAll(async () => stage.stop());

  beforeEach(async () => {
    path = `prod/victim-${++serial}`;
    victim = await stage.mirrored(path, victims);
    before = await stage.keyAt(path);
  });
  afterEach(async () => stage.showsNoIntruder(path));

  test("rekey:vault-path at another secret's mirror: it is not written over, and goes on with its own secret", async () => {
    const own = await intruder({ "rekey:vault-path": path });
    expect(await stage.tell("Secret Rotated", own)).toBe("mirror-foreign");
    expect(await stage.keyAt(path)).toEqual(before);
    expect(await stage.passwordAt(path)).toBe(victims);
    await stage.secrets.putSecretValue({ SecretId: victim, SecretString: `{"password":"${victims}-2"}` });
    expect(await stage.tell("Secret Rotated", victim)).toBe("written");
    expect(await stage.passwordAt(path)).toBe(`${victims}-2`);
  });

  test("rekey:mirror=false with another secret's rekey:vault-path: its mirror is not deleted", async () => {
    const own = await intruder({ "rekey:vault-path": path, "rekey:mirror": "false" });
    expect(await stage.tell("Secret Retagged", own)).toBe("none");
    expect(await stage.keyAt(path)).toEqual(before);
  });

  test("an own secret that is deleted, with another's rekey:vault-path: its mirror is not deleted", async () => {
    const own = await intruder({ "rekey:vault-path": path });
    await stage.secrets.deleteSecret({ SecretId: own, RecoveryWindowInDays: 7 });
    expect(await stage.tell("Secret Deleted", own)).toBe("none");
    expect(await stage.keyAt(path)).toEqual(before);
  });

  test("rekey:vault-path at a mirror that its own secret has withdrawn: it is neither undeleted nor written over", async () => {
    await stage.secrets.tagResource({ SecretId: victim, Tags: [{ Key: "rekey:mirror", Value: "false" }] });
    expect(await stage.tell("Secret Retagged", victim)).toBe("withdrawn");
    const withdrawn = await stage.keyAt(path);
    const own = await intruder({ "rekey:vault-path": path });
    expect(await stage.tell("Secret Rotated", own)).toBe("mirror-foreign");
    expect(await stage.keyAt(path)).toEqual(withdrawn);
  });

  test("rekey:vault-path at a key that rekey never wrote: it is not written over", async () => {
    const foreign = `kept-by-hand/${serial}`;
    await stage.admin("POST", `secret/data/${foreign}`, { data: { password: victims } });
    const kept = await stage.keyAt(foreign);
    const own = await intruder({ "rekey:vault-path": foreign });
    expect(await stage.tell("Secret Rotated", own)).toBe("mirror-foreign");
    expect(await stage.keyAt(foreign)).toEqual(kept);
    expect(await stage.passwordAt(foreign)).toBe(victims);
  });

  test("rekey:vault-path at a deleted key that rekey never wrote: it is not undeleted", async () => {
    const foreign = `kept-by-hand/${serial}`;
    await stage.admin("POST", `secret/data/${foreign}`, { data: { password: victims } });
    await stage.admin("DELETE", `secret/data/${foreign}`);
    const kept = await stage.keyAt(foreign);
    const own = await intruder({ "rekey:vault-path": foreign });
    expect(await stage.tell("Secret Rotated", own)).toBe("mirror-foreign");
    expect(await stage.keyAt(foreign)).toEqual(kept);
  });

  test("a secret that is named like another one's rekey:vault-path does not take its mirror", async () => {
    const chosen = `apps/shop-${serial}`;
    const tagged = await stage.secret(`prod/tagged-${serial}`, victims, { "rekey:vault-path": chosen });
    expect(await stage.tell("Secret Rotated", tagged)).toBe("written");
    const own = await intruder({}, chosen);
    expect(await stage.tell("Secret Rotated", own)).toBe("mirror-foreign");
    expect(await stage.passwordAt(chosen)).toBe(victims);
  });

  test("rekey:vault-path at a mirror that an earlier release wrote, of which no owner is recorded: it is not taken", async () => {
    await stage.forgetOwner(path);
    const own = await intruder({ "rekey:vault-path": path });
    expect(await stage.tell("Secret Rotated", own)).toBe("mirror-foreign");
    expect(await stage.passwordAt(path)).toBe(victims);
    expect(await stage.tell("Secret Rotated", victim)).toBe("unchanged");
    expect(await stage.keyAt(path)).toEqual(before);
  });
});
