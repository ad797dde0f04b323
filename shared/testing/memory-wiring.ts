import type { RotationWiring } from "../rotation/rotate.ts";
import { rotationMemory } from "../rotation/rotation-memory.ts";
import { alternatingUsers } from "../rotation/strategies/alternating-users.ts";
import { dualPassword } from "../rotation/strategies/dual-password.ts";
import { issued } from "../rotation/strategies/issued.ts";
import { singleUser } from "../rotation/strategies/single-user.ts";
import { generatePassword } from "../secrets/password.ts";
import { grantsOf } from "./grants.ts";
import type { MemoryEngine } from "./memory-engine.ts";
import { memoryPublisher } from "./memory-publisher.ts";

/** What a rotation is wired with, for an engine in memory: every strategy, and nothing granted. */
export const memoryWiring = (
  { store, engine }: Pick<RotationWiring, "store"> & { readonly engine: MemoryEngine },
  nowMs: () => number = Date.now,
): RotationWiring => ({
  store,
  engine,
  publisher: memoryPublisher(),
  strategies: {
    "single-user": singleUser(engine),
    "alternating-users": alternatingUsers(engine),
    "dual-password": dualPassword(engine),
    issued: issued(engine),
  },
  defaultStrategy: "single-user",
  grants: grantsOf(),
  generatePassword,
  memory: rotationMemory(nowMs),
  nowMs,
  report: () => undefined,
});
