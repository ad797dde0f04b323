import { createHash } from "node:crypto";
import type { UserServer } from "../../local/elasticache/user-book.ts";
import { elastiCacheEngine } from "../../shared/engines/elasticache/elasticache-engine.ts";
import type { UserGranting } from "../../shared/engines/elasticache/chosen-user.ts";
import type { CallOptions } from "../../shared/ports/call.ts";
import type { CacheUsers } from "../../shared/ports/cache-users.ts";
import type { RotationStep, StepOutcome } from "../../shared/ports/rotation.ts";
import { rotate } from "../../shared/rotation/rotate.ts";
import { rotationMemory } from "../../shared/rotation/rotation-memory.ts";
import { dualPassword } from "../../shared/rotation/strategies/dual-password.ts";
import { parseDatabaseSecret } from "../../shared/secrets/database-secret.ts";
import { defined } from "../../shared/secrets/defined.ts";
import { generatePassword } from "../../shared/secrets/password.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";
import { grantsOf } from "../../shared/testing/grants.ts";
import { memoryPublisher } from "../../shared/testing/memory-publisher.ts";
import { memorySecretId } from "../../shared/testing/memory-rotation.ts";
import { type MemoryStore, memoryStore } from "../../shared/testing/memory-store.ts";
import { graceTag } from "../../shared/tags/tag-names.ts";

export interface UserServerInMemory extends UserServer {
  accepts(username: string, password: string): boolean;
}

/** Where users log in, without a server. */
export function userServerInMemory(): UserServerInMemory {
  const hashesOf = new Map<string, readonly string[]>();
  return {
    async put({ username, hashes }) {
      hashesOf.set(username, hashes);
    },
    async remove(username) {
      hashesOf.delete(username);
    },
    accepts: (username, password) =>
      hashesOf.get(username)?.includes(createHash("sha256").update(password).digest("hex")) === true,
  };
}

export interface CacheUserRotation {
  readonly store: MemoryStore;
  /** Runs a step in a cold container. */
  run(step: RotationStep, versionId?: string, call?: CallOptions): Promise<StepOutcome>;
  /** The four steps, all of them again while one fails, as Secrets Manager does. */
  rotate(versionId: string, tries?: number): Promise<void>;
  passwordAt(label: string): string;
  /** Every password that a stored version has. */
  passwords(): readonly string[];
}

/** One secret of a user that a cache service keeps, in memory but for that service. */
export function cacheUserRotation(
  users: CacheUsers,
  value: object,
  isGranted: UserGranting = () => true,
): CacheUserRotation {
  const engine = elastiCacheEngine({ users, isGranted, pollMs: 1 });
  const store = memoryStore(memorySecretId, new SecretValue(JSON.stringify(value)));
  store.tags.set(graceTag, "0m");
  let lastRotatedAt: Date | undefined;
  const asSecretsManager: MemoryStore = {
    ...store,
    describe: async (...asked) => ({ ...(await store.describe(...asked)), ...defined({ lastRotatedAt }) }),
  };
  const unbounded: CallOptions = { signal: new AbortController().signal };
  const run: CacheUserRotation["run"] = async (step, versionId = "v1", work = unbounded) =>
    rotate(
      {
        store: asSecretsManager,
        publisher: memoryPublisher(),
        engine,
        strategies: { "dual-password": dualPassword(engine) },
        defaultStrategy: "dual-password",
        grants: grantsOf(),
        generatePassword,
        memory: rotationMemory(),
        nowMs: Date.now,
        report: () => undefined,
      },
      { step, secretId: memorySecretId, versionId },
      { work, tell: unbounded },
    );
  const passwordIn = (text: SecretValue): string => parseDatabaseSecret(text).password.reveal();
  return {
    store,
    run,
    async rotate(versionId, tries = 1) {
      store.beginRotation(versionId);
      for (let attempt = 1; ; attempt++) {
        try {
          for (const step of ["createSecret", "setSecret", "testSecret", "finishSecret"] as const)
            await run(step, versionId);
          lastRotatedAt = new Date();
          return;
        } catch (error) {
          if (attempt === tries) throw error;
        }
      }
    },
    passwordAt(label) {
      const version = store.labelled(label);
      if (version === undefined) throw new Error(`no version is ${label}`);
      return passwordIn(version.value);
    },
    passwords: () => store.stored().map(({ value: text }) => passwordIn(text)),
  };
}
