import { strategiesOn } from "../../functions/rotate-msk/rotation.ts";
import { mskEngine } from "../../shared/engines/msk/msk-engine.ts";
import type { CallOptions } from "../../shared/ports/call.ts";
import type { RotationStep, StepOutcome } from "../../shared/ports/rotation.ts";
import { rotate } from "../../shared/rotation/rotate.ts";
import { rotationMemory } from "../../shared/rotation/rotation-memory.ts";
import { parseDatabaseSecret } from "../../shared/secrets/database-secret.ts";
import { generatePassword } from "../../shared/secrets/password.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";
import { type Gate, gated } from "../../shared/testing/gated.ts";
import { grantsOf } from "../../shared/testing/grants.ts";
import { memoryPublisher } from "../../shared/testing/memory-publisher.ts";
import { memorySecretId } from "../../shared/testing/memory-rotation.ts";
import { type MemoryStore, memoryStore } from "../../shared/testing/memory-store.ts";
import type { MemoryMskSecrets } from "./msk-secrets.ts";

const pass: Gate = async (_operation, work) => work();
const unbounded: CallOptions = { signal: new AbortController().signal };

export interface MskRotation {
  readonly store: MemoryStore;
  /** What was reported for the log, and what was published. */
  printed(): string;
  /** One step in a cold container. */
  run(step: RotationStep, versionId: string, call?: CallOptions): Promise<StepOutcome>;
  /** The four steps, all of them again while one fails, as Secrets Manager does. */
  rotate(versionId: string, tries?: number): Promise<void>;
  loginAt(label: string): { readonly username: string; readonly password: string };
  logins(): readonly { readonly username: string; readonly password: string }[];
}

/** The services' secret in memory; the engine logs in to a real broker. Each call of AWS and each login goes through the gate. */
export function mskRotation(
  secrets: MemoryMskSecrets,
  value: object,
  {
    gate = pass,
    takenWithinMs = 60_000,
    arns = secrets.arns,
  }: { readonly gate?: Gate; readonly takenWithinMs?: number; readonly arns?: () => readonly string[] } = {},
): MskRotation {
  const store = memoryStore(memorySecretId, new SecretValue(JSON.stringify(value)));
  const made = mskEngine({ secrets: gated(secrets, gate), secretsOf: arns, pollMs: 20, takenWithinMs });
  const engine = { ...made, login: gated(made, gate).login };
  const publisher = memoryPublisher();
  const reports: string[] = [];
  const run: MskRotation["run"] = async (step, versionId, work = unbounded) =>
    rotate(
      {
        store: gated(store, gate),
        publisher: gated(publisher, gate),
        engine,
        ...strategiesOn(engine),
        defaultStrategy: "alternating-users",
        grants: grantsOf(),
        generatePassword,
        memory: rotationMemory(),
        nowMs: Date.now,
        report: (message, facts) => reports.push(JSON.stringify({ message, ...facts })),
      },
      { step, secretId: memorySecretId, versionId },
      { work, tell: unbounded },
    );
  const loginIn = (text: SecretValue): { readonly username: string; readonly password: string } => {
    const { username, password } = parseDatabaseSecret(text);
    return { username, password: password.reveal() };
  };
  return {
    store,
    printed: () => JSON.stringify([reports, publisher.events]),
    run,
    async rotate(versionId, tries = 1) {
      store.beginRotation(versionId);
      for (let attempt = 1; ; attempt++) {
        try {
          for (const step of ["createSecret", "setSecret", "testSecret", "finishSecret"] as const)
            await run(step, versionId);
          return;
        } catch (error) {
          if (attempt === tries) throw error;
        }
      }
    },
    loginAt(label) {
      const version = store.labelled(label);
      if (version === undefined) throw new Error(`no version is ${label}`);
      return loginIn(version.value);
    },
    logins: () => store.stored().map(({ value: text }) => loginIn(text)),
  };
}
