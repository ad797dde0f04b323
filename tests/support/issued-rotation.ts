import type { CredentialIssuer } from "../../shared/ports/credential-issuer.ts";
import type { DatabaseEngine } from "../../shared/ports/database-engine.ts";
import type { RotationStep, StepOutcome } from "../../shared/ports/rotation.ts";
import { rotate } from "../../shared/rotation/rotate.ts";
import { rotationMemory } from "../../shared/rotation/rotation-memory.ts";
import { issued } from "../../shared/rotation/strategies/issued.ts";
import { type DatabaseSecret, parseDatabaseSecret } from "../../shared/secrets/database-secret.ts";
import { generatePassword } from "../../shared/secrets/password.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";
import { type Gate, gated } from "../../shared/testing/gated.ts";
import { memoryPublisher } from "../../shared/testing/memory-publisher.ts";
import { memorySecretId } from "../../shared/testing/memory-rotation.ts";
import { type MemoryStore, memoryStore } from "../../shared/testing/memory-store.ts";
import { grantsOf } from "../../shared/testing/grants.ts";

/** One secret whose credentials the engine's server issues, in memory but for that server. */
export interface IssuedRotation {
  readonly store: MemoryStore;
  stored(label: string): DatabaseSecret;
  run(step: RotationStep, versionId: string): Promise<StepOutcome>;
  /** Runs the four steps in cold containers, all of them again while one fails, as Secrets Manager does. */
  rotate(versionId: string, tries?: number): Promise<void>;
}

export function issuedRotation(
  engine: DatabaseEngine & CredentialIssuer,
  value: object,
  tags: Readonly<Record<string, string>> = {},
  { gate, nowMs = Date.now }: { readonly gate?: Gate; readonly nowMs?: () => number } = {},
): IssuedRotation {
  const store = memoryStore(memorySecretId, new SecretValue(JSON.stringify(value)));
  for (const [tag, text] of Object.entries(tags)) store.tags.set(tag, text);
  const publisher = memoryPublisher();
  const call = { signal: new AbortController().signal };
  const run: IssuedRotation["run"] = async (step, versionId) =>
    rotate(
      {
        store: gate === undefined ? store : gated(store, gate),
        publisher: gate === undefined ? publisher : gated(publisher, gate),
        engine,
        strategies: { issued: issued(engine) },
        defaultStrategy: "issued",
        grants: grantsOf(),
        generatePassword,
        memory: rotationMemory(),
        nowMs,
        report: () => undefined,
      },
      { step, secretId: memorySecretId, versionId },
      { work: call, tell: call },
    );
  const steps = ["createSecret", "setSecret", "testSecret", "finishSecret"] as const;

  return {
    store,
    run,
    stored(label) {
      const version = store.labelled(label);
      if (version === undefined) throw new Error(`no version is ${label}`);
      return parseDatabaseSecret(version.value);
    },
    async rotate(versionId, tries = 1) {
      store.beginRotation(versionId);
      for (let attempt = 1; ; attempt++) {
        try {
          for (const step of steps) await run(step, versionId);
          return;
        } catch (error) {
          if (attempt === tries) throw error;
        }
      }
    },
  };
}
