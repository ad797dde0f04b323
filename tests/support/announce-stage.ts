import { randomUUID } from "node:crypto";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { SecretsManager as SecretsManagerApi } from "@aws-sdk/client-secrets-manager";
import { onTestFinished } from "vitest";
import { createFaults, type Faults } from "../../local/aws/faults.ts";
import { startAwsFront } from "../../local/aws/front.ts";
import type { FunctionOutcome } from "../../local/aws/service.ts";
import { movableClock, type Clock } from "../../local/clock.ts";
import type { EventEnvelope } from "../../local/eventbridge/put-events.ts";
import { createEventBridge } from "../../local/eventbridge/service.ts";
import { createSecretsManager } from "../../local/secrets-manager/service.ts";
import { announceChange, type Announcement } from "../../shared/operations/announcing/announce-change.ts";
import { arnPatterns } from "../../shared/secrets/arn-patterns.ts";
import { awsEventIn } from "../../shared/events/aws-event.ts";
import { deliveredEvent } from "../../shared/events/delivered-event.ts";
import { eventBridgePublisher } from "../../shared/aws/eventbridge/event-publisher.ts";
import { parseRotationRequest } from "../../shared/rotation/request.ts";
import { rotate } from "../../shared/rotation/rotate.ts";
import { rotationMemory } from "../../shared/rotation/rotation-memory.ts";
import { singleUser } from "../../shared/rotation/strategies/single-user.ts";
import { generatePassword } from "../../shared/secrets/password.ts";
import { secretVersions } from "../../shared/aws/secrets-manager/secret-versions.ts";
import { secretsManagerStore } from "../../shared/aws/secrets-manager/secret-store.ts";
import { memoryEngine } from "../../shared/testing/memory-engine.ts";
import { memoryValue } from "../../shared/testing/memory-rotation.ts";
import { grantsOf } from "../../shared/testing/grants.ts";

const accountId = "123456789012";
const ownFunction = `arn:aws:lambda:us-east-1:${accountId}:function:rekey-rotate-memory`;
export const foreignFunction = `arn:aws:lambda:us-east-1:${accountId}:function:sample-rotation`;

/** Secrets Manager and EventBridge over HTTP, rekey's rotation on a database in memory, and the announcer beside it. */
export interface AnnounceStage {
  readonly clock: Clock;
  readonly faults: Faults;
  readonly api: SecretsManagerApi;
  readonly secretId: string;
  /** What Secrets Manager told the default bus, oldest first. */
  readonly native: readonly EventEnvelope[];
  /** What subscribers were told. */
  readonly told: readonly EventEnvelope[];
  /** Called before each step of rekey's rotation function; it may throw, as a function that dies does. */
  beforeStep: (step: string) => void;
  rotate(functionArn?: string): Promise<string>;
  putByHand(): Promise<string>;
  announce(event: EventEnvelope, patient: boolean): Promise<Announcement | undefined>;
  currentVersion(): Promise<string | undefined>;
}

export async function openAnnounceStage(): Promise<AnnounceStage> {
  const clock = movableClock();
  const faults = createFaults();
  const native: EventEnvelope[] = [];
  const told: EventEnvelope[] = [];
  const engine = memoryEngine();
  engine.give("app", ["old-password"]);

  async function invoke(functionArn: string, event: unknown): Promise<FunctionOutcome> {
    const request = parseRotationRequest(event);
    const call = { signal: AbortSignal.timeout(10_000) };
    try {
      stage.beforeStep(request.step);
      await rotate(functionArn === foreignFunction ? { ...deps, publisher: silent } : deps, request, {
        work: call,
        tell: call,
      });
      return { ok: true, payload: null };
    } catch (error) {
      return { ok: false, errorType: String(error), errorMessage: "" };
    }
  }
  const eventBridge = createEventBridge({ clock, region: "us-east-1", accountId, deliver: async () => undefined });
  eventBridge.onEvent((bus, event) => void (bus === "default" ? native : told).push(event));
  const secretsManager = createSecretsManager({
    clock,
    accountId,
    functions: { mayInvoke: () => true, invoke },
    emit: (event) => eventBridge.emit(event),
    retry: { attempts: 3, delayMs: 1_000 },
  });
  const front = await startAwsFront({ accountId, services: [secretsManager, eventBridge], faults });
  const config = {
    endpoint: front.endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
    maxAttempts: 1,
  };
  const api = new SecretsManagerApi(config);
  const events = new EventBridgeClient(config);
  onTestFinished(async () => {
    api.destroy();
    events.destroy();
    clock.stop();
    await secretsManager.idle();
    await front.stop();
  });

  const silent = { publish: async () => undefined };
  const store = secretsManagerStore(api);
  const publisher = eventBridgePublisher(events, "rekey");
  const deps = {
    store,
    publisher,
    engine,
    strategies: { "single-user": singleUser(engine) },
    defaultStrategy: "single-user" as const,
    grants: grantsOf(),
    generatePassword,
    memory: rotationMemory(),
    nowMs: Date.now,
    report: () => undefined,
  };
  const announcer = {
    store,
    versions: secretVersions(api),
    publisher,
    manages: arnPatterns([`arn:aws:secretsmanager:us-east-1:${accountId}:secret:db/*`]),
    announcesItself: arnPatterns([`arn:aws:lambda:us-east-1:${accountId}:function:rekey-rotate-*`]),
  };
  const value = memoryValue("old-password").reveal();
  const { ARN: secretId = "" } = await api.createSecret({ Name: "db/app", SecretString: value });
  native.length = 0;

  const stage: AnnounceStage = {
    clock,
    faults,
    api,
    secretId,
    native,
    told,
    beforeStep: () => undefined,
    async rotate(functionArn = ownFunction) {
      const RotationRules = { AutomaticallyAfterDays: 30 };
      const settings = { SecretId: secretId, RotationLambdaARN: functionArn, RotationRules };
      const { VersionId = "" } = await api.rotateSecret({ ...settings, ClientRequestToken: randomUUID() });
      await secretsManager.idle();
      for (let second = 0; second < 10; second += 1) await clock.advance(1_000);
      await secretsManager.idle();
      return VersionId;
    },
    async putByHand() {
      await clock.advance(5_000);
      const { SecretString = "" } = await api.getSecretValue({ SecretId: secretId });
      const { VersionId = "" } = await api.putSecretValue({ SecretId: secretId, SecretString: `${SecretString} ` });
      return VersionId;
    },
    async announce(event, patient) {
      const parsed = awsEventIn(deliveredEvent(event));
      const call = { signal: AbortSignal.timeout(10_000) };
      return parsed === undefined ? undefined : announceChange(announcer, parsed, { patient, call });
    },
    async currentVersion() {
      const { VersionIdsToStages = {} } = await api.describeSecret({ SecretId: secretId });
      return Object.entries(VersionIdsToStages).find(([, labels]) => labels.includes("AWSCURRENT"))?.[0];
    },
  };
  return stage;
}
