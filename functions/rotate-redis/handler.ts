import { redisEngine } from "../../shared/engines/redis/redis-engine.ts";
import { warn } from "../../shared/runtime/logger.ts";
import { rotationFunction } from "../../shared/runtime/rotation-function.ts";
import { strategiesOn } from "./strategies.ts";

const engine = redisEngine({ report: ({ code, ...facts }) => warn(code, facts) });

/** Secrets Manager invokes it with `{ Step, SecretId, ClientRequestToken, RotationToken? }`, one step at a time. */
export const handler = rotationFunction(engine, strategiesOn(engine), process.env);
