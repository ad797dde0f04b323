import { SecretsManager as Client } from "@aws-sdk/client-secrets-manager";
import { onTestFinished } from "vitest";
import { startAwsFront, type AwsFront } from "../aws/front.ts";
import { isMembers } from "../../shared/answers/members.ts";
import { text } from "../aws/members.ts";
import type { IssuedCredentials } from "../aws/principals.ts";
import type { BusEvent, FunctionOutcome } from "../aws/service.ts";
import { movableClock, type Clock } from "../clock.ts";
import type { RotationStep } from "./secret.ts";
import { createSecretsManager, type SecretsManager } from "./service.ts";

/** What Secrets Manager sends to a rotation function. */
export interface RotationInvocation {
  readonly Step: string;
  readonly SecretId: string;
  readonly ClientRequestToken: string;
  readonly RotationToken: string;
}
type StepHandler = (invocation: RotationInvocation) => Promise<void>;

/** The service behind the real front, with a rotation function that a test can script step by step. */
export interface TestStage {
  readonly service: SecretsManager;
  readonly clock: Clock;
  readonly front: AwsFront;
  /** The administrator in us-east-1. */
  readonly client: Client;
  readonly events: BusEvent[];
  readonly invocations: RotationInvocation[];
  /** Whether the function's policy lets Secrets Manager invoke it. */
  permitted: boolean;
  /** By default: createSecret stores "rotated-<token>" as AWSPENDING, finishSecret promotes it, the others do nothing. */
  readonly function: Record<RotationStep, StepHandler>;
  clientFor(options: { readonly region?: string; readonly credentials?: IssuedCredentials }): Client;
  /** The labels of each version, as DescribeSecret shows them. */
  labels(secretId: string): Promise<Readonly<Record<string, readonly string[]>> | undefined>;
}

export const accountId = "123456789012";
export const lambdaArn = `arn:aws:lambda:us-east-1:${accountId}:function:rotate`;
export const firstRetryMs = 60_000;

export async function openStage(): Promise<TestStage> {
  const clock = movableClock();
  const events: BusEvent[] = [];
  const invocations: RotationInvocation[] = [];
  const doNothing: StepHandler = async () => undefined;

  async function invoke(_functionArn: string, event: unknown): Promise<FunctionOutcome> {
    if (!isMembers(event)) throw new Error("the function takes an object");
    const invocation = {
      Step: text(event, "Step"),
      SecretId: text(event, "SecretId"),
      ClientRequestToken: text(event, "ClientRequestToken"),
      RotationToken: text(event, "RotationToken"),
    };
    invocations.push(invocation);
    const step = Object.entries(stage.function).find(([name]) => name === invocation.Step)?.[1];
    try {
      await step?.(invocation);
      return { ok: true, payload: null };
    } catch (error) {
      return { ok: false, errorType: error instanceof Error ? error.name : "Error", errorMessage: "scripted" };
    }
  }

  const service = createSecretsManager({
    clock,
    accountId,
    functions: { mayInvoke: (functionArn) => stage.permitted && functionArn === lambdaArn, invoke },
    emit: (event) => void events.push(event),
    retry: { attempts: 3, delayMs: firstRetryMs },
  });
  const front = await startAwsFront({ accountId, services: [service] });
  const clientFor: TestStage["clientFor"] = ({ region = "us-east-1", credentials }) => {
    const made = new Client({
      endpoint: front.endpoint,
      region,
      credentials: credentials ?? { accessKeyId: "AKIDANY", secretAccessKey: "any" },
      maxAttempts: 1,
    });
    onTestFinished(() => made.destroy());
    return made;
  };
  const client = clientFor({});
  onTestFinished(async () => {
    clock.stop();
    await service.idle();
    await front.stop();
  });

  const stage: TestStage = {
    service,
    clock,
    front,
    client,
    events,
    invocations,
    permitted: true,
    function: {
      async createSecret({ SecretId, ClientRequestToken, RotationToken }) {
        const SecretString = `rotated-${ClientRequestToken}`;
        const VersionStages = ["AWSPENDING"];
        await client.putSecretValue({ SecretId, ClientRequestToken, SecretString, VersionStages, RotationToken });
      },
      setSecret: doNothing,
      testSecret: doNothing,
      async finishSecret({ SecretId, ClientRequestToken }) {
        const { VersionId = "" } = await client.getSecretValue({ SecretId });
        if (VersionId === ClientRequestToken) return;
        const move = { MoveToVersionId: ClientRequestToken, RemoveFromVersionId: VersionId };
        await client.updateSecretVersionStage({ SecretId, VersionStage: "AWSCURRENT", ...move });
      },
    },
    clientFor,
    labels: async (SecretId) => (await client.describeSecret({ SecretId })).VersionIdsToStages,
  };
  return stage;
}

/** A gate that a scripted step can wait at, and a promise that tells that it got there. */
export function gate(): { readonly reached: Promise<void>; wait(): Promise<void>; open(): void } {
  const arrival = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  return {
    reached: arrival.promise,
    wait: async () => {
      arrival.resolve();
      await release.promise;
    },
    open: () => release.resolve(),
  };
}

/** The id of a version: one digit, repeated. */
export const versionToken = (digit: number): string => `${`${digit}`.repeat(8)}-0000-4000-8000-000000000000`;

/** Makes the secret `app` with the value `first` under `versionToken(1)`; returns its ARN. */
export async function createApp({ client, events }: TestStage): Promise<string> {
  const made = await client.createSecret({ Name: "app", SecretString: "first", ClientRequestToken: versionToken(1) });
  events.length = 0;
  return made.ARN ?? "";
}

/** RotateSecret for `app`, every 30 days; returns the id of the version that it makes. */
export async function rotateApp({ client }: TestStage, token = versionToken(2)): Promise<string | undefined> {
  const answer = await client.rotateSecret({
    SecretId: "app",
    RotationLambdaARN: lambdaArn,
    RotationRules: { AutomaticallyAfterDays: 30 },
    ClientRequestToken: token,
  });
  return answer.VersionId;
}

/** The names of CloudTrail's records so far. */
export const recordedEvents = ({ events }: Pick<TestStage, "events">): unknown[] =>
  events.flatMap(({ detail }) => (detail["eventName"] === undefined ? [] : [detail["eventName"]]));

/** A step that fails. */
export const refuse = async (): Promise<never> => {
  throw new TypeError("scripted");
};
