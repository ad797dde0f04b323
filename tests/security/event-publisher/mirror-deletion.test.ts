import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type MirrorStage, startMirrorStage, victims } from "../../support/mirror-stage.ts";
import { bao } from "../../support/openbao.ts";

describe.skipIf(bao === undefined)("who may publish one event", () => {
  let stage: MirrorStage;
  let serial = 0;
  let chosen = "";
  let before: unknown;
  const invented = (name: string, region = "us-east-1", suffix = "XxXxXx"): string =>
    `arn:aws:secretsmanager:${region}:123456789012:secret:${name}-${suffix}`;

  beforeAll(async () => {
    stage = await startMirrorStage();
  });
  afterAll(async () => stage.stop());
  beforeEach(async () => {
    chosen = `apps/shop-${++serial}`;
    await stage.mirrored(`prod/victim-${serial}`, victims, { "rekey:vault-path": chosen });
    before = await stage.keyAt(chosen);
  });

  test("a deletion of an invented ARN, named like another secret's place in Vault: nothing is withdrawn", async () => {
    expect(await stage.tell("Secret Deleted", invented(chosen))).toBe("none");
    expect(await stage.keyAt(chosen)).toEqual(before);
    expect(await stage.passwordAt(chosen)).toBe(victims);
  });

  test.each(["Secret Rotated", "Secret Retagged", "Secret Restored", "Secret Finding"])(
    "%s of such an ARN does no more",
    async (type) => {
      expect(await stage.tell(type, invented(chosen))).toBe("none");
      expect(await stage.keyAt(chosen)).toEqual(before);
    },
  );

  test("a deletion of such an ARN, where an earlier release recorded no owner: nothing is withdrawn", async () => {
    await stage.forgetOwner(chosen);
    expect(await stage.tell("Secret Deleted", invented(chosen))).toBe("none");
    expect(await stage.passwordAt(chosen)).toBe(victims);
  });

  test("a deletion of a secret that lives in another region, which shares the Vault: its mirror is not withdrawn", async () => {
    const name = `prod/abroad-${serial}`;
    const abroad = invented(name, "eu-west-1");
    const data = { password: victims, rekey_version_id: "v1", rekey_created_at: "2026-01-01T00:00:00.000Z" };
    await stage.admin("POST", `secret/data/${name}`, { data });
    await stage.admin("POST", `secret/metadata/${name}`, { custom_metadata: { rekey_secret_arn: abroad } });
    expect(await stage.tell("Secret Deleted", abroad)).toBe("none");
    expect(await stage.passwordAt(name)).toBe(victims);
  });
});
