import { elastiCacheEngine } from "../../shared/engines/elasticache/elasticache-engine.ts";
import { loginsOnly } from "../../shared/engines/elasticache/engine-options.ts";
import { dualPassword } from "../../shared/rotation/strategies/dual-password.ts";
import type { RotationStrategies } from "../../shared/runtime/rotation-function.ts";

export const createEngine = (options = loginsOnly): ReturnType<typeof elastiCacheEngine> => elastiCacheEngine(options);

export const strategiesOn = (engine: ReturnType<typeof elastiCacheEngine>): RotationStrategies => ({
  strategies: { "dual-password": dualPassword(engine) },
  defaultStrategy: "dual-password",
});
