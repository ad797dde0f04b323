import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { intruders, type MirrorStage, startMirrorStage, victims } from "../../support/mirror-stage.ts";
import { bao } from "../../support/openbao.ts";
import { at } from "../../support/vault-http.ts";

/** Two secrets that an operator's tag has sent to one place; the earlier release recorded no owner there. */
describe.skipIf(bao === undefined)("who may write one secret's value, of a mirror without a recorded owner", () => {
  let stage: MirrorStage;
  let serial = 0;
  let path = "";
  let own = "";
  let victimsVersion = "";
  let victimsTime: unknown;

  beforeAll(async () => {
    stage = await startMirrorStage();
  });
  afterAll(async () => stage.stop());
  beforeEach(async () => {
    path = `prod/victim-${++serial}`;
    await stage.mirrored(path, victims);
    await stage.forgetOwner(path);
    const held = (await stage.inVault(path)).body;
    victimsVersion = String(at(held, "data", "data", "rekey_version_id"));
    victimsTime = at(held, "data", "data", "rekey_created_at");
    await stage.stack.clock.advance(1_000);
    own = await stage.secret(`own/${serial}`, intruders, { "rekey:vault-path": path });
  });

  test("a version under the other secret's VersionId proves nothing: its mirror is not written over", async () => {
    const SecretString = JSON.stringify({ password: intruders });
    await stage.secrets.putSecretValue({ SecretId: own, SecretString, ClientRequestToken: victimsVersion });
    expect(await stage.tell("Secret Rotated", own)).toBe("mirror-foreign");
    expect(await stage.passwordAt(path)).toBe(victims);
  });

  test("a value with the other one's ARN, VersionId and time in fields of its own proves nothing", async () => {
    const SecretString = JSON.stringify({
      password: intruders,
      rekey_secret_arn: own,
      custom_metadata: { rekey_secret_arn: own },
      Rekey_Version_Id: victimsVersion,
      metadata: { rekey_version_id: victimsVersion, rekey_created_at: victimsTime },
    });
    await stage.secrets.putSecretValue({ SecretId: own, SecretString, ClientRequestToken: victimsVersion });
    expect(await stage.tell("Secret Rotated", own)).toBe("mirror-foreign");
    expect(await stage.passwordAt(path)).toBe(victims);
  });

  test("an own secret under the other one's VersionId that is taken out of the mirror does not take the other one's out", async () => {
    const SecretString = JSON.stringify({ password: intruders });
    await stage.secrets.putSecretValue({ SecretId: own, SecretString, ClientRequestToken: victimsVersion });
    await stage.secrets.tagResource({ SecretId: own, Tags: [{ Key: "rekey:mirror", Value: "false" }] });
    expect(await stage.tell("Secret Retagged", own)).toBe("none");
    expect(await stage.passwordAt(path)).toBe(victims);
  });
});
