import { strategiesOn } from "../../functions/rotate-signing-key/rotation.ts";
import { signingKeyEngine } from "../../shared/engines/signing-key/signing-key-engine.ts";
import type { RotationStep } from "../../shared/ports/rotation.ts";
import { rotate, type RotationWiring } from "../../shared/rotation/rotate.ts";
import { rotationMemory } from "../../shared/rotation/rotation-memory.ts";
import { parseDatabaseSecret } from "../../shared/secrets/database-secret.ts";
import { generatePassword } from "../../shared/secrets/password.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";
import { type KeyRing, parseKeyRing, signingKeyIn } from "../../shared/signing-keys/key-ring.ts";
import { type Gate, gated } from "../../shared/testing/gated.ts";
import { grantsOf } from "../../shared/testing/grants.ts";
import { memoryPublisher } from "../../shared/testing/memory-publisher.ts";
import { memoryStore } from "../../shared/testing/memory-store.ts";

/** Where nothing is connected to. */
export const emptyTarget = {
  engine: "",
  host: "",
  port: 0,
  dbname: "",
  tls: { mode: "verify-full" },
  options: new Map(),
} as const;
export const signingSecretId = "arn:aws:secretsmanager:us-east-1:123456789012:secret:tokens-AbCdEf";
const steps = ["createSecret", "setSecret", "testSecret", "finishSecret"] as const satisfies readonly RotationStep[];
const call = { signal: new AbortController().signal };
const initial = { engine: "signing-key", host: "auth.example.com", username: "no-key-yet", password: "no-key-yet" };
const through: Gate = async (_operation, work) => work();

/** One secret of signing keys, Secrets Manager in memory, and a clock of their own. */
export function signingKeyStage(tags: Readonly<Record<string, string>> = {}, fields: object = {}) {
  const store = memoryStore(signingSecretId, new SecretValue(JSON.stringify({ ...initial, ...fields })));
  for (const [tag, text] of Object.entries(tags)) store.tags.set(tag, text);
  const publisher = memoryPublisher();
  const clock = { nowMs: Date.UTC(2026, 0, 1), lastRotatedAt: undefined as Date | undefined };
  const engine = signingKeyEngine(() => clock.nowMs);
  const reports: unknown[] = [];
  const dated = {
    ...store,
    describe: async (...args: Parameters<typeof store.describe>) => {
      const { lastRotatedAt } = clock;
      return { ...(await store.describe(...args)), ...(lastRotatedAt === undefined ? {} : { lastRotatedAt }) };
    },
  };
  const container = (gate: Gate = through) => {
    const deps: RotationWiring = {
      store: gated(dated, gate),
      publisher: gated(publisher, gate),
      engine: gated(engine, gate),
      ...strategiesOn(gated(engine, gate)),
      defaultStrategy: "issued",
      grants: grantsOf(),
      generatePassword,
      memory: rotationMemory(),
      nowMs: () => clock.nowMs,
      report: (...facts) => reports.push(facts),
    };
    return async (step: RotationStep, versionId: string) =>
      rotate(deps, { step, secretId: signingSecretId, versionId }, { work: call, tell: call });
  };
  const run = async (versionId: string, invoke = container()): Promise<void> => {
    for (const step of steps) await invoke(step, versionId);
    clock.lastRotatedAt = new Date(clock.nowMs);
  };
  return {
    store,
    publisher,
    clock,
    engine,
    reports,
    container,
    run,
    /** Default: a day later. */
    async rotate(versionId: string, laterMs = 86_400_000): Promise<void> {
      clock.nowMs += laterMs;
      store.beginRotation(versionId);
      await run(versionId);
    },
  };
}

export const ringAt = ({ store }: ReturnType<typeof signingKeyStage>, label = "AWSCURRENT"): KeyRing => {
  const version = store.labelled(label);
  if (version === undefined) throw new Error(`no ${label}`);
  return parseKeyRing(parseDatabaseSecret(version.value).password.reveal());
};
export const kidsIn = ({ keys }: KeyRing): readonly string[] => keys.map(({ key }) => key.kid);
export const signerOf = (ring: KeyRing): string => signingKeyIn(ring)?.key.kid ?? "none";
