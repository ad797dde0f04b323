import { randomUUID } from "node:crypto";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  RotateSecretCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import pg from "pg";
import { createFaults } from "../../local/aws/faults.ts";
import { type AwsFront, startAwsFront } from "../../local/aws/front.ts";
import type { FunctionOutcome } from "../../local/aws/service.ts";
import { movableClock } from "../../local/clock.ts";
import type { EventEnvelope } from "../../local/eventbridge/put-events.ts";
import { createEventBridge } from "../../local/eventbridge/service.ts";
import { type EmbeddedPostgres, startPostgres } from "../../local/postgres/embedded-postgres.ts";
import { createSecretsManager } from "../../local/secrets-manager/service.ts";
import { postgresEngine } from "../../shared/engines/postgres/postgres-engine.ts";
import { eventBridgePublisher } from "../../shared/publishers/eventbridge.ts";
import type { RotationDependencies } from "../../shared/rotation/dependencies.ts";
import { parseRotationRequest } from "../../shared/rotation/request.ts";
import { rotate } from "../../shared/rotation/rotate.ts";
import { rotationMemory } from "../../shared/rotation/rotation-memory.ts";
import { alternatingUsers } from "../../shared/rotation/strategies/alternating-users.ts";
import { singleUser } from "../../shared/rotation/strategies/single-user.ts";
import { parseDatabaseSecret } from "../../shared/secrets/database-secret.ts";
import { generatePassword } from "../../shared/secrets/password.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";
import { secretsManagerStore } from "../../shared/stores/secrets-manager.ts";
import { createWire, startWireProxy, type Wire, type WireProxy } from "./wire.ts";

export type Strategy = "single-user" | "alternating-users";

/** A real PostgreSQL behind a proxy, the local Secrets Manager and EventBridge, and rekey's rotation between them. */
export interface RotationStage {
  readonly wire: Wire;
  readonly proxy: WireProxy;
  readonly front: AwsFront;
  readonly postgres: EmbeddedPostgres;
  readonly events: readonly EventEnvelope[];
  /** Every password that the rotation generated. */
  readonly generated: readonly string[];
  /** What the rotation reported for the log. */
  readonly reports: readonly string[];
  /** After each step: whether AWSCURRENT or AWSPENDING logged in. */
  readonly lockOuts: readonly string[];
  /** Operations that the rotation called, without those of the stage's own checks. */
  readonly calls: readonly string[];
  createSecret(strategy: Strategy): Promise<string>;
  /** RotateSecret, then everything that Secrets Manager does until the rotation is over. Returns the version's id. */
  rotate(secretId: string): Promise<string>;
  labels(secretId: string): Promise<Readonly<Record<string, readonly string[]>>>;
  logsIn(secretId: string, label: string): Promise<boolean>;
  stop(): Promise<void>;
}

const accountId = "123456789012";
const lambdaArn = `arn:aws:lambda:us-east-1:${accountId}:function:rotate-postgres`;
const retryDelayMs = 1_000;

export async function startRotationStage(): Promise<RotationStage> {
  const clock = movableClock();
  const wire = createWire();
  const postgres = await startPostgres();
  await postgres.admin("CREATE EXTENSION pg_stat_statements");
  const proxy = await startWireProxy(wire, postgres.port);
  const events: EventEnvelope[] = [];
  const generated: string[] = [];
  const reports: string[] = [];
  const lockOuts: string[] = [];
  const calls: string[] = [];
  let container: RotationDependencies | undefined;

  const functions = {
    mayInvoke: () => true,
    async invoke(_arn: string, event: unknown): Promise<FunctionOutcome> {
      const request = parseRotationRequest(event);
      const call = { signal: AbortSignal.timeout(10_000) };
      container ??= newContainer();
      const outcome = await rotate(container, request, { work: call, tell: call }).then(
        () => ({ ok: true, payload: null }) as const,
        (error: unknown) => ({ ok: false, errorType: String(error), errorMessage: "" }) as const,
      );
      await wire.aside(async () => {
        const alive = (await logsIn(request.secretId, "AWSCURRENT")) || (await logsIn(request.secretId, "AWSPENDING"));
        if (!alive) lockOuts.push(`${request.step} ${JSON.stringify(outcome)}`);
      });
      if (!outcome.ok) container = undefined;
      wire.revive();
      return outcome;
    },
  };
  const secretsManager = createSecretsManager({
    clock,
    accountId,
    functions,
    retry: { attempts: 5, delayMs: retryDelayMs },
  });
  const eventBridge = createEventBridge({ clock, region: "us-east-1", accountId, deliver: async () => undefined });
  eventBridge.onEvent((_bus, event) => void events.push(event));
  const front = await startAwsFront({
    accountId,
    services: [secretsManager, eventBridge],
    faults: {
      ...createFaults(),
      async strike({ service, operation }) {
        const before = wire.count;
        const fault = wire.next();
        if (wire.count > before) calls.push(`${service} ${operation}`);
        return fault;
      },
    },
  });
  const config = {
    endpoint: front.endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
    maxAttempts: 1,
  };
  const client = new SecretsManagerClient(config);
  const eventClient = new EventBridgeClient(config);
  const adminArn = await createDirectly({ ...postgres.superuser, host: "127.0.0.1" }, "admin");

  function newContainer(): RotationDependencies {
    const engine = postgresEngine();
    return {
      store: secretsManagerStore(client),
      publisher: eventBridgePublisher(eventClient, "rekey"),
      engine,
      strategies: { "single-user": singleUser(engine), "alternating-users": alternatingUsers(engine) },
      defaultStrategy: "single-user",
      adminSecretArns: [adminArn],
      generatePassword(policy) {
        const password = generatePassword(policy);
        generated.push(password.reveal());
        return password;
      },
      memory: rotationMemory(),
      nowMs: Date.now,
      report: (message, facts) => reports.push(JSON.stringify({ message, ...facts })),
    };
  }

  async function createDirectly(value: object, name: string): Promise<string> {
    const answer = await client.send(new CreateSecretCommand({ Name: name, SecretString: JSON.stringify(value) }));
    return answer.ARN ?? "";
  }

  async function logsIn(secretId: string, label: string): Promise<boolean> {
    const answer = await client
      .send(new GetSecretValueCommand({ SecretId: secretId, VersionStage: label }))
      .catch(() => undefined);
    if (answer?.SecretString === undefined) return false;
    const { username, password } = parseDatabaseSecret(new SecretValue(answer.SecretString));
    const session = new pg.Client({
      host: "127.0.0.1",
      port: postgres.port,
      database: "postgres",
      user: username,
      password: password.reveal(),
    });
    try {
      await session.connect();
      return true;
    } catch {
      return false;
    } finally {
      await session.end().catch(() => undefined);
    }
  }

  const labels = async (secretId: string): Promise<Readonly<Record<string, readonly string[]>>> =>
    wire.aside(
      async () => (await client.send(new DescribeSecretCommand({ SecretId: secretId }))).VersionIdsToStages ?? {},
    );

  return {
    wire,
    proxy,
    front,
    postgres,
    events,
    generated,
    reports,
    lockOuts,
    calls,
    labels,
    logsIn: async (secretId, label) => wire.aside(async () => logsIn(secretId, label)),
    createSecret: async (strategy) =>
      wire.aside(async () => {
        const username = `app_${randomUUID().slice(0, 8)}`;
        const password = generatePassword({ charset: "url", length: 32 }).reveal();
        await postgres.admin(`CREATE ROLE ${username} LOGIN PASSWORD '${password}'`);
        const value = {
          engine: "postgres",
          host: "127.0.0.1",
          port: proxy.port,
          username,
          password,
          dbname: "postgres",
          ssl: false,
        };
        return createDirectly(strategy === "single-user" ? value : { ...value, masterarn: adminArn }, username);
      }),
    async rotate(secretId) {
      const started = await wire.aside(async () =>
        client.send(
          new RotateSecretCommand({
            SecretId: secretId,
            RotationLambdaARN: lambdaArn,
            ClientRequestToken: randomUUID(),
          }),
        ),
      );
      await secretsManager.idle();
      for (let attempt = 0; attempt < 5; attempt++) await clock.advance(retryDelayMs * 20);
      return started.VersionId ?? "";
    },
    async stop() {
      client.destroy();
      eventClient.destroy();
      clock.stop();
      await front.stop();
      await proxy.stop();
      await postgres.stop();
    },
  };
}
