import { httpApiKeyEngine } from "../../shared/engines/http-api-key/http-api-key-engine.ts";
import { issued } from "../../shared/rotation/strategies/issued.ts";
import { rotationFunction } from "../../shared/runtime/rotation-function.ts";

const engine = httpApiKeyEngine();
const strategy = issued(engine);

/**
 * Secrets Manager invokes it with `{ Step, SecretId, ClientRequestToken, RotationToken? }`, one step at a time. An API that
 * keeps two keys has dual passwords to its users, so that name is taken too.
 */
export const handler = rotationFunction(
  engine,
  { strategies: { issued: strategy, "dual-password": strategy }, defaultStrategy: "issued" },
  process.env,
);
