import { redisEngine, type RedisEngineOptions } from "../../shared/engines/redis/redis-engine.ts";
import { dualPassword } from "../../shared/rotation/strategies/dual-password.ts";
import type { RotationStrategies } from "../../shared/runtime/rotation-function.ts";

/** Operators' tools have no log: they only log in, and rehearse. */
export const createEngine = (report: RedisEngineOptions["report"] = () => undefined): ReturnType<typeof redisEngine> =>
  redisEngine({ report });

export const strategiesOn = (engine: ReturnType<typeof redisEngine>): RotationStrategies => ({
  strategies: { "dual-password": dualPassword(engine) },
  defaultStrategy: "dual-password",
});
