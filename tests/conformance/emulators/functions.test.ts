import { randomUUID } from "node:crypto";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import {
  CreateSecretCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, afterEach, beforeAll, expect, vi } from "vitest";
import { movableClock } from "../../../local/clock.ts";
import { type EmbeddedPostgres, startPostgres } from "../../../local/postgres/embedded-postgres.ts";
import { type LocalVault, startVault } from "../../../local/vault/server.ts";
import { parseDatabaseSecret } from "../../../shared/secrets/database-secret.ts";
import { secretsManagerStore } from "../../../shared/aws/secrets-manager/secret-store.ts";
import type { AwsUnderTest } from "../../support/aws-servers.ts";
import { addRule, newBus, openQueue, takeMessage } from "../../support/aws-wiring.ts";
import { type Handler, loadFunction } from "../../support/function-bundle.ts";
import { inTime } from "../../support/mirror-entries.ts";
import { logsIn } from "../../support/postgres-login.ts";
import { at, vaultAdmin } from "../../support/vault-http.ts";
import { onEveryAwsServer } from "./on-every-aws-server.ts";

const steps = ["createSecret", "setSecret", "testSecret", "finishSecret"] as const;

let postgres: EmbeddedPostgres;
let vault: LocalVault;

beforeAll(async () => {
  postgres = await startPostgres();
  vault = await startVault({ clock: movableClock() });
});
afterEach(() => {
  vi.unstubAllEnvs();
});
afterAll(async () => {
  await vault.stop();
  await postgres.stop();
});

interface Rotation {
  readonly secretsManager: SecretsManagerClient;
  readonly secretArn: string;
  readonly username: string;
  readonly password: string;
  /** RotateSecret's own part: rotation is on, and AWSPENDING is registered where the server does that. */
  begin(versionId: string): Promise<void>;
  /** Invokes the four steps, each twice, as Secrets Manager may. */
  runSteps(versionId: string): Promise<void>;
  current(): Promise<{ readonly versionId: string | undefined; readonly username: string; readonly password: string }>;
  /** The next event that arrived behind the bus. */
  nextEvent(): Promise<unknown>;
}

async function withRotation(
  aws: AwsUnderTest,
  strategy: "single-user" | "alternating-users",
  work: (rotation: Rotation) => Promise<void>,
): Promise<void> {
  const secretsManager = new SecretsManagerClient(aws.clientConfig);
  const events = new EventBridgeClient(aws.clientConfig);
  const sqs = new SQSClient(aws.clientConfig);
  const create = async (value: object): Promise<string> => {
    const Name = `functions/${randomUUID().slice(0, 8)}`;
    const answer = await secretsManager.send(new CreateSecretCommand({ Name, SecretString: JSON.stringify(value) }));
    return answer.ARN ?? "";
  };
  try {
    const bus = await newBus(events);
    const queue = await openQueue(sqs);
    await addRule(events, { bus, pattern: { source: ["rekey"] }, targetArn: queue.arn });
    const username = `app_${randomUUID().slice(0, 8)}`;
    const password = randomUUID();
    await postgres.admin(`CREATE ROLE ${username} LOGIN PASSWORD '${password}'`);
    const { host, port } = postgres;
    const target = { engine: "postgres", host, port, dbname: "postgres", ssl: false };
    const masterarn = await create({ ...target, ...postgres.superuser });
    const login = { ...target, username, password };
    const secretArn = await create(strategy === "single-user" ? login : { ...login, masterarn });
    const handler: Handler = await loadFunction("rotate-postgres", aws, {
      EVENT_BUS_NAME: bus,
      REKEY_ADMIN_SECRETS: masterarn,
    });
    await work({
      secretsManager,
      secretArn,
      username,
      password,
      async begin(ClientRequestToken) {
        const rules = { RotationLambdaARN: aws.idleFunctionArn, RotationRules: { AutomaticallyAfterDays: 30 } };
        await secretsManager.send(new RotateSecretCommand({ SecretId: secretArn, ClientRequestToken, ...rules }));
      },
      async runSteps(ClientRequestToken) {
        for (const Step of steps)
          for (let time = 1; time <= 2; time++) await handler({ Step, SecretId: secretArn, ClientRequestToken });
      },
      async current() {
        const read = await secretsManagerStore(secretsManager).read(secretArn, { label: "AWSCURRENT" }, inTime());
        if (read === undefined) throw new Error("no AWSCURRENT");
        const secret = parseDatabaseSecret(read.value);
        return { versionId: read.versionId, username: secret.username, password: secret.password.reveal() };
      },
      nextEvent: async () => JSON.parse((await takeMessage(sqs, queue.url)) ?? "{}") as unknown,
    });
  } finally {
    for (const client of [secretsManager, events, sqs]) client.destroy();
  }
}

onEveryAwsServer("functions", {
  "the four steps rotate a role from what RotateSecret registered": async (aws) =>
    withRotation(aws, "single-user", async ({ begin, runSteps, current, nextEvent, secretArn, username, password }) => {
      const { versionId: previousVersionId } = await current();
      const versionId = randomUUID();
      await begin(versionId);
      await runSteps(versionId);
      const now = await current();
      expect(now.versionId).toBe(versionId);
      expect(now.password).not.toBe(password);
      expect(await logsIn(postgres, username, now.password)).toBe(true);
      expect(await logsIn(postgres, username, password)).toBe(false);
      const detail = { secretArn, versionId, previousVersionId, strategy: "single-user" };
      expect(await nextEvent()).toMatchObject({ "detail-type": "Secret Rotated", detail });
    }),

  "the four steps take up a rotation whose createSecret had run": async (aws) =>
    withRotation(aws, "single-user", async (rotation) => {
      const { secretsManager, secretArn, username, password } = rotation;
      await rotation.begin(randomUUID());
      const versionId = randomUUID();
      const { host, port } = postgres;
      const value = {
        engine: "postgres",
        host,
        port,
        dbname: "postgres",
        ssl: false,
        username,
        password: randomUUID(),
      };
      await secretsManager.send(
        new PutSecretValueCommand({
          SecretId: secretArn,
          ClientRequestToken: versionId,
          SecretString: JSON.stringify(value),
          VersionStages: ["AWSPENDING"],
        }),
      );
      await rotation.runSteps(versionId);
      const now = await rotation.current();
      expect(now.versionId).toBe(versionId);
      expect(await logsIn(postgres, username, now.password)).toBe(true);
      expect(await logsIn(postgres, username, password)).toBe(false);
      expect(await rotation.nextEvent()).toMatchObject({ "detail-type": "Secret Rotated", detail: { versionId } });
    }),

  "a rotation of alternating users gives the other user, and the first one still logs in": async (aws) =>
    withRotation(aws, "alternating-users", async ({ begin, runSteps, current, username, password }) => {
      const versionId = randomUUID();
      await begin(versionId);
      await runSteps(versionId);
      const now = await current();
      expect(now.versionId).toBe(versionId);
      expect(now.username).not.toBe(username);
      expect(await logsIn(postgres, now.username, now.password)).toBe(true);
      expect(await logsIn(postgres, username, password)).toBe(true);
    }),

  "a second rotation of alternating users comes back to the first": async (aws) =>
    withRotation(aws, "alternating-users", async ({ begin, runSteps, current, username, password }) => {
      for (let rotation = 1; rotation <= 2; rotation++) {
        const versionId = randomUUID();
        await begin(versionId);
        await runSteps(versionId);
        expect((await current()).versionId).toBe(versionId);
      }
      const now = await current();
      expect(now.username).toBe(username);
      expect(await logsIn(postgres, username, now.password)).toBe(true);
      expect(await logsIn(postgres, username, password)).toBe(false);
    }),

  "mirror-to-vault writes AWSCURRENT into Vault, and only a malformed event fails": async (aws) => {
    const secretsManager = new SecretsManagerClient(aws.clientConfig);
    try {
      const create = async (Name: string, SecretString: string): Promise<string> =>
        (await secretsManager.send(new CreateSecretCommand({ Name, SecretString }))).ARN ?? "";
      const name = `mirrored/${randomUUID().slice(0, 8)}`;
      const secretArn = await create(name, '{"username":"app","password":"first"}');
      const handler = await loadFunction("mirror-to-vault", aws, {
        REKEY_SECRETS: "arn:*:secret:mirrored/*",
        VAULT_ADDR: vault.address,
        VAULT_AUTH: "token",
        VAULT_CREDENTIAL_SECRET: await create(`vault/${randomUUID().slice(0, 8)}`, vault.rootToken),
      });
      const record = (messageId: string, body: string): object => ({ messageId, body });
      const rotated = JSON.stringify({ detail: { secretArn } });
      const mirrored = async (): Promise<unknown> =>
        at((await vaultAdmin(vault)("GET", `secret/data/${name}`)).body, "data", "data");
      const Records = [record("good", rotated), record("again", rotated), record("bad", "not JSON")];
      expect(await handler({ Records })).toEqual({ batchItemFailures: [{ itemIdentifier: "bad" }] });
      expect(await mirrored()).toMatchObject({ username: "app", password: "first" });
      const store = secretsManagerStore(secretsManager);
      const createdAt = async (): Promise<number> =>
        Number((await store.read(secretArn, { label: "AWSCURRENT" }, inTime()))?.createdAt);
      const before = await createdAt();
      const second = { SecretId: secretArn, SecretString: '{"username":"app","password":"second"}' };
      // An emulator that counts in seconds makes a later version only in the next one.
      while ((await createdAt()) <= before) await secretsManager.send(new PutSecretValueCommand(second));
      expect(await handler({ Records: [record("later", rotated)] })).toEqual({ batchItemFailures: [] });
      expect(await mirrored()).toMatchObject({ username: "app", password: "second" });
    } finally {
      secretsManager.destroy();
    }
  },
});
