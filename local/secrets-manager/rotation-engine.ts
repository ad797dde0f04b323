import { randomUUID } from "node:crypto";
import type { FunctionInvoker } from "../aws/service.ts";
import type { Clock } from "../clock.ts";
import { nextRotationMs } from "./schedule.ts";
import { holderOf, moveLabel, type SecretRecord, type SecretVersion } from "./secret-record.ts";

const steps = ["createSecret", "setSecret", "testSecret", "finishSecret"] as const;

/** One step as it was run: ids only. */
export interface StepReport {
  readonly step: (typeof steps)[number];
  readonly secretArn: string;
  readonly versionId: string;
  readonly durationMs: number;
  readonly error?: string;
}

export interface RotationEngineOptions {
  readonly clock: Clock;
  readonly functions: FunctionInvoker;
  /** How often a failed rotation is tried again, with the same token; AWS documents "multiple times", no number. */
  readonly retry: { readonly attempts: number; readonly delayMs: number };
  readonly onStep: (report: StepReport) => void;
}

export interface RotationEngine {
  /** Registers the AWSPENDING version without a value and starts the four steps. */
  start(secret: SecretRecord, versionId: string): void;
  /** RotateImmediately=false: testSecret alone, on a passing copy of the current value. */
  testOnly(secret: SecretRecord, versionId: string): void;
  /** Arms the clock for the next date that the rules give. */
  schedule(secret: SecretRecord): void;
  /** Whether this rotation token was given out for this secret. */
  issued(secret: SecretRecord, rotationToken: string): boolean;
  idle(): Promise<void>;
}

export const isUnfinished = (secret: SecretRecord): boolean => {
  const pending = holderOf(secret, "AWSPENDING");
  return pending !== undefined && !pending.labels.has("AWSCURRENT");
};

export function rotationEngine({ clock, functions, retry, onStep }: RotationEngineOptions): RotationEngine {
  const running = new Set<Promise<void>>();
  const armed = new Map<SecretRecord, () => void>();
  const tokens = new WeakMap<SecretRecord, Set<string>>();

  const track = (work: Promise<void>): Promise<void> => {
    running.add(work);
    return work.finally(() => running.delete(work));
  };

  async function invoke(secret: SecretRecord, step: StepReport["step"], versionId: string): Promise<boolean> {
    const RotationToken = randomUUID();
    const known = tokens.get(secret) ?? new Set();
    tokens.set(secret, known.add(RotationToken));
    const startedMs = performance.now();
    const event = { Step: step, SecretId: secret.arn, ClientRequestToken: versionId, RotationToken };
    const outcome = await functions.invoke(secret.rotation?.lambdaArn ?? "", event);
    const durationMs = performance.now() - startedMs;
    onStep({ step, secretArn: secret.arn, versionId, durationMs, ...(outcome.ok ? {} : { error: outcome.errorType }) });
    return outcome.ok;
  }

  const stillPending = (secret: SecretRecord, versionId: string): boolean =>
    secret.rotation?.enabled === true && secret.versions.get(versionId)?.labels.has("AWSPENDING") === true;

  function succeed(secret: SecretRecord, version: SecretVersion): void {
    version.labels.delete("AWSPENDING");
    if (secret.rotation === undefined) return;
    secret.rotation.lastMs = clock.now();
    schedule(secret);
  }

  async function run(secret: SecretRecord, versionId: string, attempt: number): Promise<void> {
    for (const step of steps) {
      const version = secret.versions.get(versionId);
      if (version === undefined || (!version.labels.has("AWSCURRENT") && !stillPending(secret, versionId))) return;
      if (await invoke(secret, step, versionId)) continue;
      if (attempt < retry.attempts && stillPending(secret, versionId)) {
        clock.at(clock.now() + retry.delayMs * 2 ** (attempt - 1), async () => {
          if (stillPending(secret, versionId)) await track(run(secret, versionId, attempt + 1));
        });
      }
      return;
    }
    const version = secret.versions.get(versionId);
    if (version?.labels.has("AWSCURRENT") === true) succeed(secret, version);
  }

  function start(secret: SecretRecord, versionId: string): Promise<void> {
    const version: SecretVersion = { versionId, createdMs: clock.now(), labels: new Set() };
    secret.versions.set(versionId, version);
    moveLabel(secret, "AWSPENDING", version);
    // The answer to RotateSecret goes out before the first step runs.
    return track(new Promise<void>((resolve) => setImmediate(resolve)).then(async () => run(secret, versionId, 1)));
  }

  function schedule(secret: SecretRecord): void {
    armed.get(secret)?.();
    armed.delete(secret);
    const { rotation } = secret;
    if (rotation === undefined || !rotation.enabled) return;
    const nextMs = nextRotationMs(rotation.rules, rotation.lastMs ?? secret.changedMs);
    if (nextMs === undefined) return;
    rotation.nextMs = nextMs;
    armed.set(
      secret,
      clock.at(nextMs, async () => {
        if (rotation.enabled && secret.deletionMs === undefined && !isUnfinished(secret))
          await start(secret, randomUUID());
      }),
    );
  }

  return {
    start: (secret, versionId) => void start(secret, versionId),
    testOnly(secret, versionId) {
      const current = holderOf(secret, "AWSCURRENT");
      const version: SecretVersion = {
        versionId,
        createdMs: clock.now(),
        labels: new Set(),
        ...(current?.content === undefined ? {} : { content: current.content }),
      };
      secret.versions.set(versionId, version);
      moveLabel(secret, "AWSPENDING", version);
      void track(
        new Promise<void>((resolve) => setImmediate(resolve))
          .then(async () => invoke(secret, "testSecret", versionId))
          .then(() => void secret.versions.delete(versionId)),
      );
    },
    schedule,
    issued: (secret, rotationToken) => tokens.get(secret)?.has(rotationToken) === true,
    async idle() {
      while (running.size > 0) await Promise.allSettled(running);
    },
  };
}
