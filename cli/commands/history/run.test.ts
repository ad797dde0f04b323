import { EventBridge } from "@aws-sdk/client-eventbridge";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { subscriberConfig } from "../../../local/subscriber.ts";
import type { Propagation } from "../../../shared/operations/fleet/propagation.ts";
import { type CliStage, startCliStage } from "../../../tests/support/cli-stage.ts";

let stage: CliStage;
beforeAll(async () => {
  stage = await startCliStage();
  await stage.secret("db/orders");
  await stage.secret("db/shop");
});
afterAll(async () => stage.stop());

test("history tells versions, the rotation step by step, and who", async () => {
  expect((await stage.rekey("rotate", "db/orders", "--yes", "--reason", "INC-42")).code).toBe(0);
  const { code, out } = await stage.rekey("history", "db/orders");
  expect(code).toBe(0);
  expect(out).toMatchInlineSnapshot(`
    "db/orders: healthy
    arn:aws:secretsmanager:us-east-1:123456789012:secret:db/orders-<suffix>
    last rotated by hand because: INC-42

    Versions
      <time>  <version>  AWSCURRENT
      <time>  <version>  AWSPREVIOUS

    Rotation to <version>: succeeded
      <time>  createSecret  done  <ms>
      <time>  setSecret     done  <ms>
      <time>  testSecret    done  <ms>
      <time>  finishSecret  done  <ms>

    Rotation to <version>: tested
      <time>  testSecret  done  <ms>

    Propagation of <version>
      <offset>  createSecret  done      <ms>
      <offset>  setSecret     done      <ms>
      <offset>  testSecret    done      <ms>
      <offset>  finishSecret  done      <ms>
      <offset>  AWSCURRENT    promoted

    Who changed what
      <time>  RotationSucceeded         secretsmanager.amazonaws.com
      <time>  UpdateSecretVersionStage  arn:aws:sts::123456789012:assumed-role/rekey-RotatePostgresRole/rekey-rotate-postgres
      <time>  PutSecretValue            arn:aws:sts::123456789012:assumed-role/rekey-RotatePostgresRole/rekey-rotate-postgres
      <time>  RotationStarted           secretsmanager.amazonaws.com
      <time>  RotateSecret              arn:aws:iam::123456789012:root
      <time>  TagResource               arn:aws:iam::123456789012:root
      <time>  TestRotationSucceeded     secretsmanager.amazonaws.com
      <time>  TestRotationStarted       secretsmanager.amazonaws.com
      <time>  RotateSecret              arn:aws:iam::123456789012:root
      <time>  CreateSecret              arn:aws:iam::123456789012:root
      since <time>
    "
  `);
  const { versions, rotations } = JSON.parse((await stage.rekey("history", "db/orders", "--json")).out);
  expect([versions.length, rotations[0].steps.length]).toEqual([2, 4]);
  expect(await stage.rekey("history", "nobody")).toMatchObject({
    code: 1,
    out: "",
    err: expect.stringContaining("secret-not-found"),
  });
});

/** As a service does that uses AWSCURRENT of a secret, with a clock that is far behind. */
async function adopt(SecretId: string, subscriber: string): Promise<void> {
  const events = new EventBridge(subscriberConfig(stage.stack, subscriber));
  onTestFinished(() => events.destroy());
  const { ARN = "", VersionId } = await stage.secrets.getSecretValue({ SecretId });
  const at = "2001-01-01T00:00:00.000Z";
  const Detail = JSON.stringify({ schemaVersion: 1, secretArn: ARN, versionId: VersionId, subscriber, at });
  const entry = { EventBusName: "rekey", Source: `rekey.subscriber.${subscriber}`, DetailType: "Secret Adopted" };
  await events.putEvents({ Entries: [{ ...entry, Detail, Resources: [ARN] }] });
}

test("history tells when Vault had the version and each subscriber used it, by their noting, and who is waited for", async () => {
  const seen = { ...stage.vault, REKEY_ADOPTION_TABLE: stage.adoptionTable };
  const Tags = [{ Key: "rekey:subscribers", Value: "api worker" }];
  await stage.secrets.tagResource({ SecretId: "db/shop", Tags });
  expect((await stage.rekey("rotate", "db/shop", "--yes")).code).toBe(0);
  const picture = async (): Promise<Propagation> => {
    const { propagation } = JSON.parse((await stage.rekeyWith(seen, "history", "db/shop", "--json")).out);
    return propagation;
  };
  const soon = { timeout: 60_000, interval: 50 };
  const waits = async () => (await picture()).waitingFor.map(({ name }) => name);
  await expect.poll(waits, soon).toEqual(["api", "worker"]);
  await adopt("db/shop", "api");
  await expect.poll(waits, soon).toEqual(["worker"]);

  const { marks, startedAt, endedAt } = await picture();
  expect(marks.at(-1)).toMatchObject({ kind: "adopted", name: "api", startedAt: endedAt });
  expect(marks[0]).toMatchObject({ kind: "step", name: "createSecret", startedAt });
  const { out } = await stage.rekeyWith(seen, "history", "db/shop");
  const section = out.split("\n\n").find((part) => part.startsWith("Propagation of <version>"));
  const lines = (section ?? "").split("\n").map((line) => line.trim().replaceAll(/ {2,}/g, "  "));
  // Vault may have the version before finishSecret, which published it, has ended.
  expect(lines.slice(1).sort()).toEqual([
    "<offset>  <vault>  mirrored",
    "<offset>  AWSCURRENT  promoted",
    "<offset>  api  adopted",
    "<offset>  createSecret  done  <ms>",
    "<offset>  finishSecret  done  <ms>",
    "<offset>  setSecret  done  <ms>",
    "<offset>  testSecret  done  <ms>",
    "waiting for worker (subscriber)",
  ]);
});
