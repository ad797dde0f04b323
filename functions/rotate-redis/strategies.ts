import type { redisEngine } from "../../shared/engines/redis/redis-engine.ts";
import { dualPassword } from "../../shared/rotation/strategies/dual-password.ts";
import type { RotationStrategies } from "../../shared/runtime/rotation-function.ts";

export const strategiesOn = (engine: ReturnType<typeof redisEngine>): RotationStrategies => ({
  strategies: { "dual-password": dualPassword(engine) },
  defaultStrategy: "dual-password",
});
