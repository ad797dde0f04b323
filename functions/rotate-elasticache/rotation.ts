import {
  elastiCacheEngine,
  type ElastiCacheEngineOptions,
} from "../../shared/engines/elasticache/elasticache-engine.ts";
import { RekeyError } from "../../shared/errors/rekey-error.ts";
import { dualPassword } from "../../shared/rotation/strategies/dual-password.ts";
import type { RotationStrategies } from "../../shared/runtime/rotation-function.ts";

const notAsked = async (): Promise<never> => {
  throw new RekeyError("engine-unsupported", {
    context: { problem: "the secret names no host" },
    hint: "without a host only the rotation function can look at the user: give the secret host and port to have its logins tried",
  });
};

/** Operators' tools ask no service about users: they log in to the server, and change nothing. */
const toolsOptions: ElastiCacheEngineOptions = {
  users: { describe: notAsked, setPasswords: notAsked },
  isGranted: () => true,
};

export const createEngine = (options = toolsOptions): ReturnType<typeof elastiCacheEngine> =>
  elastiCacheEngine(options);

export const strategiesOn = (engine: ReturnType<typeof elastiCacheEngine>): RotationStrategies => ({
  strategies: { "dual-password": dualPassword(engine) },
  defaultStrategy: "dual-password",
});
