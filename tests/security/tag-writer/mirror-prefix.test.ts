import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { intruders, type MirrorStage, startMirrorStage } from "../../support/mirror-stage.ts";
import { bao } from "../../support/openbao.ts";

describe.skipIf(bao === undefined)("who may set one secret's tags, where the mirror has a prefix", () => {
  let stage: MirrorStage;
  let serial = 0;
  beforeAll(async () => {
    stage = await startMirrorStage({ VAULT_PATH_PREFIX: "aws/prod" });
    // What the prefix alone keeps apart: the token of this mirror could write them.
    const policy = ["data", "metadata"].map(
      (area) => `path "secret/${area}/*" { capabilities = ["create", "read", "update", "patch"] }`,
    );
    await stage.admin("POST", "sys/policies/acl/mirror", { policy: policy.join("\n") });
  });
  afterAll(async () => stage.stop());

  test.each(["shop/db", "aws/production/db", "AWS/prod/db", "aws/Prod/db", "aws/prod:db", "other/aws/prod/db"])(
    "rekey:vault-path=%s, which is not below it: mirror-path-invalid, and nothing is written there",
    async (path) => {
      const own = await stage.secret(`own/${++serial}`, intruders, { "rekey:vault-path": path });
      expect(await stage.tell("Secret Rotated", own)).toBe("mirror-path-invalid");
      expect((await stage.inVault(path)).status).toBe(404);
    },
  );
});
