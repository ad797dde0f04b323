import { randomUUID } from "node:crypto";
import type { Clock } from "../clock.ts";
import type { RotationEvents } from "./rotation-events.ts";
import { mayInvoke, runStep, type StepOptions } from "./rotation-step.ts";
import { nextWindow } from "./rotation-window.ts";
import { rotationSteps, type Rotation, type RotationSettings, type Secret } from "./secret.ts";
import { holderOf, moveLabel } from "./staging-labels.ts";
import { addVersion } from "./versions.ts";

export interface RotationEngineOptions extends StepOptions {
  readonly clock: Clock;
  readonly events: RotationEvents;
  /** AWS documents that a failed rotation is tried "multiple times", without a number. Each delay doubles the one before. */
  readonly retry: { readonly attempts: number; readonly delayMs: number };
}

/** Runs the rotations of every secret. A secret that is not configured for rotation is left alone. */
export interface RotationEngine {
  /** Whether Secrets Manager may invoke the function for this secret. */
  mayInvoke(secret: Secret, lambdaArn: string): boolean;
  /** Registers the AWSPENDING version without a value, and runs the four steps after the answer is out. */
  start(secret: Secret, versionId: string): void;
  /** RotateImmediately=false: testSecret alone, on an AWSPENDING version that has the current value and goes afterwards. */
  test(secret: Secret, versionId: string): void;
  /** Arms the clock for the next window from now on. */
  schedule(secret: Secret): void;
  /** The service that owns the secret, or Secrets Manager for a partner, has put a new current version. */
  rotatedByOwner(secret: Secret, versionId: string): void;
  /** Somebody stored a version: a rotation that makes another one is abandoned. */
  versionStored(secret: Secret, versionId: string): void;
  /** No further step or schedule. Returns the version of the rotation that was not finished. */
  cancel(secret: Secret): string | undefined;
  /** Whether this token came with a step of the rotation that is running. */
  isRunning(secret: Secret, rotationToken: string): boolean;
  /** Resolves when no step is running; a rotation that waits for its next attempt does not count. */
  idle(): Promise<void>;
}

/** AWSPENDING is on a version that is not current: RotateSecret takes that for a rotation in progress. */
export function hasUnfinishedRotation({ state }: Secret): boolean {
  const pending = holderOf(state, "AWSPENDING");
  return pending !== undefined && !pending.labels.has("AWSCURRENT");
}

export function rotationEngine(options: RotationEngineOptions): RotationEngine {
  const { clock, events, retry } = options;
  const running = new Set<Promise<void>>();
  const schedules = new WeakMap<Secret, () => void>();
  const retries = new WeakMap<Secret, () => void>();

  const track = async (work: Promise<void>): Promise<void> => {
    running.add(work);
    await work.finally(() => running.delete(work));
  };
  /** The answer to the request goes out first. */
  const afterAnswer = (work: () => Promise<void>): void =>
    void track(new Promise<void>((resolve) => setImmediate(resolve)).then(work));

  const labelsOf = (secret: Secret, { versionId }: Rotation): ReadonlySet<string> =>
    secret.state.versions.get(versionId)?.labels ?? new Set();

  /** Without attempts left it stays so while AWSPENDING marks its version, and is taken up again in the next window. */
  function isUnfinished(secret: Secret, rotation: Rotation): boolean {
    const labels = labelsOf(secret, rotation);
    const isStuck = rotation.state === "failed" && labels.has("AWSPENDING") && !labels.has("AWSCURRENT");
    return isStuck || rotation.state === "running" || rotation.state === "waiting";
  }

  function fail(secret: Secret, settings: RotationSettings, rotation: Rotation): void {
    const { step = "finishSecret" } = rotation.failure ?? {};
    const message = `Error when executing lambda ${settings.lambdaArn} during ${step} step`;
    events.rotation(secret, rotation, "Failed", message);
    const labels = labelsOf(secret, rotation);
    const isLeft = labels.has("AWSPENDING") || labels.has("AWSCURRENT");
    if (isLeft && rotation.attempts < retry.attempts) {
      rotation.state = "waiting";
      const dueMs = clock.now() + retry.delayMs * 2 ** (rotation.attempts - 1);
      retries.set(
        secret,
        clock.at(dueMs, async () => {
          if (rotation.state === "waiting") await track(attempt(secret, settings, rotation));
        }),
      );
      return;
    }
    rotation.state = "failed";
    schedule(secret);
  }

  function succeed(secret: Secret, settings: RotationSettings, rotation: Rotation): void {
    secret.state.versions.get(rotation.versionId)?.labels.delete("AWSPENDING");
    rotation.state = "succeeded";
    settings.lastRotatedMs = clock.now();
    secret.state.changedMs = clock.now();
    events.rotation(secret, rotation, "Succeeded");
    schedule(secret);
  }

  async function attempt(secret: Secret, settings: RotationSettings, rotation: Rotation): Promise<void> {
    rotation.attempts += 1;
    rotation.state = "running";
    rotation.failure = undefined;
    const isRunning = (): boolean => rotation.state === "running";
    events.rotation(secret, rotation, "Started");
    for (const step of rotationSteps) {
      const done = await runStep(options, secret, rotation, settings.lambdaArn, step);
      if (!isRunning()) return;
      if (!done) return fail(secret, settings, rotation);
    }
    if (labelsOf(secret, rotation).has("AWSCURRENT")) succeed(secret, settings, rotation);
    else {
      rotation.failure = { step: "finishSecret", error: "NotPromoted" };
      fail(secret, settings, rotation);
    }
  }

  const newRotation = (kind: Rotation["kind"], versionId: string): Rotation => ({
    kind,
    versionId,
    rotationToken: randomUUID(),
    state: "running",
    attempts: 0,
    failure: undefined,
  });

  function begin(secret: Secret, settings: RotationSettings, kind: Rotation["kind"], versionId: string): Rotation {
    retries.get(secret)?.();
    const current = kind === "test" ? holderOf(secret.state, "AWSCURRENT")?.content : undefined;
    moveLabel(secret.state, "AWSPENDING", addVersion(secret.state, versionId, current, clock.now()));
    const rotation = newRotation(kind, versionId);
    settings.latest = rotation;
    return rotation;
  }

  async function rotateOnSchedule(secret: Secret, settings: RotationSettings): Promise<void> {
    const { latest } = settings;
    if (latest !== undefined && latest.state === "failed" && isUnfinished(secret, latest)) {
      latest.attempts = 0;
      await track(attempt(secret, settings, latest));
    } else if (hasUnfinishedRotation(secret) || (latest !== undefined && isUnfinished(secret, latest))) {
      schedule(secret);
    } else {
      await track(attempt(secret, settings, begin(secret, settings, "rotation", randomUUID())));
    }
  }

  function schedule(secret: Secret): void {
    schedules.get(secret)?.();
    const settings = secret.rotation;
    if (settings === undefined || !settings.enabled || settings.rules === undefined) return;
    const window = nextWindow(settings.rules, clock.now());
    if (window === undefined) return;
    settings.nextMs = window.closesMs - 1000;
    if (settings.lambdaArn === "") return;
    schedules.set(
      secret,
      clock.at(window.opensMs, async () => rotateOnSchedule(secret, settings)),
    );
  }

  function stop(secret: Secret, rotation: Rotation, state: "abandoned" | "cancelled"): void {
    retries.get(secret)?.();
    rotation.state = state;
    if (state === "abandoned") events.rotation(secret, rotation, "Abandoned");
  }

  const unfinished = (secret: Secret): Rotation | undefined => {
    const latest = secret.rotation?.latest;
    return latest !== undefined && isUnfinished(secret, latest) ? latest : undefined;
  };

  return {
    mayInvoke: (secret, lambdaArn) => mayInvoke(options, secret, lambdaArn),
    start(secret, versionId) {
      const settings = secret.rotation;
      if (settings === undefined) return;
      const rotation = begin(secret, settings, "rotation", versionId);
      afterAnswer(async () => attempt(secret, settings, rotation));
    },
    test(secret, versionId) {
      const settings = secret.rotation;
      if (settings === undefined) return;
      const rotation = begin(secret, settings, "test", versionId);
      afterAnswer(async () => {
        events.rotation(secret, rotation, "Started");
        const passed = await runStep(options, secret, rotation, settings.lambdaArn, "testSecret");
        secret.state.versions.delete(versionId);
        if (rotation.state !== "running") return;
        rotation.state = passed ? "succeeded" : "failed";
        events.rotation(secret, rotation, passed ? "Succeeded" : "Failed");
      });
    },
    schedule,
    rotatedByOwner(secret, versionId) {
      const settings = secret.rotation;
      if (settings === undefined || !settings.enabled || settings.lambdaArn !== "") return;
      succeed(secret, settings, newRotation("rotation", versionId));
    },
    versionStored(secret, versionId) {
      const rotation = unfinished(secret);
      if (rotation === undefined || rotation.versionId === versionId) return;
      secret.state.versions.get(rotation.versionId)?.labels.delete("AWSPENDING");
      stop(secret, rotation, "abandoned");
    },
    cancel(secret) {
      schedules.get(secret)?.();
      const rotation = unfinished(secret);
      if (rotation !== undefined) stop(secret, rotation, "cancelled");
      return rotation !== undefined && labelsOf(secret, rotation).has("AWSPENDING") ? rotation.versionId : undefined;
    },
    isRunning: (secret, rotationToken) => {
      const latest = secret.rotation?.latest;
      return latest?.state === "running" && latest.rotationToken === rotationToken;
    },
    async idle() {
      while (running.size > 0) await Promise.allSettled(running);
    },
  };
}
