import { randomUUID } from "node:crypto";
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { expect } from "vitest";
import type { RotationRequest } from "../../../shared/ports/rotation.ts";
import type { SecretStore } from "../../../shared/ports/secret-store.ts";
import { SecretValue } from "../../../shared/secrets/secret-value.ts";
import { secretsManagerStore } from "../../../shared/aws/secrets-manager/secret-store.ts";
import type { AwsUnderTest } from "../../support/aws-servers.ts";
import { inTime } from "../../support/mirror-entries.ts";
import { onEveryAwsServer } from "./on-every-aws-server.ts";

interface Stage {
  readonly client: SecretsManagerClient;
  readonly store: SecretStore;
  readonly name: string;
  readonly secretArn: string;
  /** AWSCURRENT's version, with the value `first`. */
  readonly first: string;
  pending(): RotationRequest;
}

async function withSecret(aws: AwsUnderTest, work: (stage: Stage) => Promise<void>): Promise<void> {
  const client = new SecretsManagerClient(aws.clientConfig);
  try {
    const name = `store/${randomUUID().slice(0, 8)}`;
    const created = await client.send(
      new CreateSecretCommand({ Name: name, SecretString: "first", Tags: [{ Key: "rekey:tls", Value: "off" }] }),
    );
    const secretArn = created.ARN ?? "";
    await work({
      client,
      store: secretsManagerStore(client),
      name,
      secretArn,
      first: created.VersionId ?? "",
      pending: () => ({ step: "createSecret", secretId: secretArn, versionId: randomUUID() }),
    });
  } finally {
    client.destroy();
  }
}

const value = (text: string): SecretValue => new SecretValue(text);

onEveryAwsServer("store", {
  "describe gives ARN, name, tags and the labels of each version": async (aws) =>
    withSecret(aws, async ({ store, name, secretArn, first, pending }) => {
      const request = pending();
      await store.putPending(request, value("next"), inTime());
      expect(await store.describe(name, inTime())).toMatchObject({
        secretArn,
        name,
        rotationEnabled: false,
        tags: new Map([["rekey:tls", "off"]]),
        labels: new Map([
          [first, ["AWSCURRENT"]],
          [request.versionId, ["AWSPENDING"]],
        ]),
      });
    }),

  "describe leaves out a version without a label": async (aws) =>
    withSecret(aws, async ({ store, secretArn, pending }) => {
      const [abandoned, next] = [pending(), pending()];
      await store.putPending(abandoned, value("abandoned"), inTime());
      await store.putPending(next, value("next"), inTime());
      const { labels } = await store.describe(secretArn, inTime());
      expect(labels.get(next.versionId)).toEqual(["AWSPENDING"]);
      expect([...labels.keys()]).not.toContain(abandoned.versionId);
    }),

  "an unknown secret is secret-not-found": async (aws) =>
    withSecret(aws, async ({ store, pending }) => {
      const secretId = "store/none";
      const expected = { code: "secret-not-found" };
      await expect(store.describe(secretId, inTime())).rejects.toMatchObject(expected);
      await expect(store.read(secretId, { label: "AWSCURRENT" }, inTime())).rejects.toMatchObject(expected);
      await expect(store.putPending({ ...pending(), secretId }, value("x"), inTime())).rejects.toMatchObject(expected);
    }),

  "read by label, by version and by both gives the same version": async (aws) =>
    withSecret(aws, async ({ store, secretArn, first }) => {
      for (const at of [
        { label: "AWSCURRENT" },
        { versionId: first },
        { label: "AWSCURRENT", versionId: first },
      ] as const) {
        const read = await store.read(secretArn, at, inTime());
        expect(read?.versionId).toBe(first);
        expect(read?.value.reveal()).toBe("first");
        expect(read?.createdAt.getTime()).toBeGreaterThan(Date.UTC(2020));
      }
    }),

  "the date of a version has milliseconds": async (aws) =>
    withSecret(aws, async ({ client, store, secretArn }) => {
      const fractions: number[] = [];
      for (let version = 0; version < 5; version++) {
        await client.send(new PutSecretValueCommand({ SecretId: secretArn, SecretString: String(version) }));
        const read = await store.read(secretArn, { label: "AWSCURRENT" }, inTime());
        fractions.push(Number(read?.createdAt) % 1_000);
      }
      expect(Math.max(...fractions)).toBeGreaterThan(0);
    }),

  "read gives nothing for a label that no version has": async (aws) =>
    withSecret(aws, async ({ store, secretArn }) => {
      expect(await store.read(secretArn, { label: "AWSPENDING" }, inTime())).toBeUndefined();
    }),

  "read gives nothing for a version that is not there": async (aws) =>
    withSecret(aws, async ({ store, secretArn }) => {
      expect(await store.read(secretArn, { versionId: randomUUID() }, inTime())).toBeUndefined();
    }),

  "read gives nothing when the label is on another version": async (aws) =>
    withSecret(aws, async ({ store, secretArn, first, pending }) => {
      await store.putPending(pending(), value("next"), inTime());
      expect(await store.read(secretArn, { label: "AWSPENDING", versionId: first }, inTime())).toBeUndefined();
    }),

  "read gives nothing for a secret without a value": async (aws) =>
    withSecret(aws, async ({ client, store }) => {
      const { ARN = "" } = await client.send(new CreateSecretCommand({ Name: `store/${randomUUID()}` }));
      expect((await store.describe(ARN, inTime())).labels.size).toBe(0);
      expect(await store.read(ARN, { label: "AWSCURRENT" }, inTime())).toBeUndefined();
    }),

  "RotateSecret registers AWSPENDING without a value, and putPending fills it": async (aws) =>
    withSecret(aws, async ({ client, store, secretArn, first, pending }) => {
      const request = pending();
      await client.send(
        new RotateSecretCommand({
          SecretId: secretArn,
          ClientRequestToken: request.versionId,
          RotationLambdaARN: aws.idleFunctionArn,
          RotationRules: { AutomaticallyAfterDays: 30 },
        }),
      );
      const { labels, rotationEnabled } = await store.describe(secretArn, inTime());
      expect(rotationEnabled).toBe(true);
      expect(labels.get(request.versionId)).toEqual(["AWSPENDING"]);
      expect(
        await store.read(secretArn, { versionId: request.versionId, label: "AWSPENDING" }, inTime()),
      ).toBeUndefined();
      await store.putPending(request, value("next"), inTime());
      const at = { label: "AWSPENDING", versionId: request.versionId } as const;
      expect((await store.read(secretArn, at, inTime()))?.value.reveal()).toBe("next");
      expect((await store.read(secretArn, { label: "AWSCURRENT" }, inTime()))?.versionId).toBe(first);
    }),

  "putPending of the same value again changes nothing": async (aws) =>
    withSecret(aws, async ({ store, secretArn, pending }) => {
      const request = pending();
      await store.putPending(request, value("next"), inTime());
      const before = await store.describe(secretArn, inTime());
      await store.putPending(request, value("next"), inTime());
      expect(await store.describe(secretArn, inTime())).toEqual(before);
    }),

  "putPending of another value under the same token is a version-conflict": async (aws) =>
    withSecret(aws, async ({ store, secretArn, pending }) => {
      const request = pending();
      await store.putPending(request, value("next"), inTime());
      await expect(store.putPending(request, value("other"), inTime())).rejects.toMatchObject({
        code: "version-conflict",
      });
      const kept = await store.read(secretArn, { versionId: request.versionId }, inTime());
      expect(kept?.value.reveal()).toBe("next");
    }),

  "promote moves AWSCURRENT and AWSPREVIOUS, and again changes nothing": async (aws) =>
    withSecret(aws, async ({ store, secretArn, first, pending }) => {
      const request = pending();
      await store.putPending(request, value("next"), inTime());
      await store.promote(request, { from: first }, inTime());
      await store.promote(request, { from: first }, inTime());
      const { labels } = await store.describe(secretArn, inTime());
      expect(labels.get(request.versionId)).toContain("AWSCURRENT");
      expect(labels.get(first)).toEqual(["AWSPREVIOUS"]);
      expect((await store.read(secretArn, { label: "AWSCURRENT" }, inTime()))?.value.reveal()).toBe("next");
      expect((await store.read(secretArn, { label: "AWSPREVIOUS" }, inTime()))?.value.reveal()).toBe("first");
    }),

  "a read without a label gives the promoted version": async (aws) =>
    withSecret(aws, async ({ client, store, secretArn, first, pending }) => {
      const request = pending();
      await store.putPending(request, value("next"), inTime());
      await store.promote(request, { from: first }, inTime());
      await store.clearPending(request, inTime());
      expect((await client.send(new GetSecretValueCommand({ SecretId: secretArn }))).SecretString).toBe("next");
    }),

  "promote from a version that is not current is refused": async (aws) =>
    withSecret(aws, async ({ store, secretArn, first, pending }) => {
      const [request, other] = [pending(), pending()];
      await store.putPending(other, value("other"), inTime());
      await store.putPending(request, value("next"), inTime());
      await expect(store.promote(request, { from: other.versionId }, inTime())).rejects.toMatchObject({
        code: "store-rejected",
      });
      expect((await store.read(secretArn, { label: "AWSCURRENT" }, inTime()))?.versionId).toBe(first);
    }),

  "clearPending takes the label off its version, and again is no error": async (aws) =>
    withSecret(aws, async ({ store, secretArn, pending }) => {
      const request = pending();
      await store.putPending(request, value("next"), inTime());
      await store.clearPending(request, inTime());
      await store.clearPending(request, inTime());
      const { labels } = await store.describe(secretArn, inTime());
      expect([...labels.values()].flat()).toEqual(["AWSCURRENT"]);
    }),

  "clearPending leaves another version's label": async (aws) =>
    withSecret(aws, async ({ store, secretArn, pending }) => {
      const [abandoned, next] = [pending(), pending()];
      await store.putPending(abandoned, value("abandoned"), inTime());
      await store.putPending(next, value("next"), inTime());
      await store.clearPending(abandoned, inTime());
      expect((await store.read(secretArn, { label: "AWSPENDING" }, inTime()))?.versionId).toBe(next.versionId);
    }),

  "unlabelled gives the versions that lost every label": async (aws) =>
    withSecret(aws, async ({ client, store, secretArn, pending }) => {
      const abandoned = pending();
      await store.putPending(abandoned, value("abandoned"), inTime());
      await store.clearPending(abandoned, inTime());
      await client.send(new PutSecretValueCommand({ SecretId: secretArn, SecretString: "by hand" }));
      const found = await store.unlabelled(secretArn, 5, inTime());
      expect(found.map(({ versionId, value }) => [versionId, value.reveal()])).toEqual([
        [abandoned.versionId, "abandoned"],
      ]);
    }),

  "a secret that is scheduled for deletion is described, not read, and takes no value": async (aws) =>
    withSecret(aws, async ({ client, store, secretArn, pending }) => {
      await client.send(new DeleteSecretCommand({ SecretId: secretArn }));
      expect((await store.describe(secretArn, inTime())).deletedAt).toBeInstanceOf(Date);
      const read = store.read(secretArn, { label: "AWSCURRENT" }, inTime());
      await expect(read).rejects.toMatchObject({ code: "secret-deleted" });
      const put = store.putPending(pending(), value("next"), inTime());
      await expect(put).rejects.toMatchObject({ code: "store-rejected" });
    }),
});
