import { grantedOrigins } from "../../shared/engines/connecting/granted-origins.ts";
import { httpApiKeyEngine } from "../../shared/engines/http-api-key/http-api-key-engine.ts";
import { issued } from "../../shared/rotation/strategies/issued.ts";
import { environmentOf } from "../../shared/runtime/environment.ts";
import type { RotationStrategies } from "../../shared/runtime/rotation-function.ts";

export const createEngine = (): ReturnType<typeof httpApiKeyEngine> =>
  httpApiKeyEngine(grantedOrigins(environmentOf(process.env).list("REKEY_HTTP_API_ORIGINS")));

/** An API that keeps two keys has dual passwords to its users, so that name is taken too. */
export const strategiesOn = (engine: ReturnType<typeof httpApiKeyEngine>): RotationStrategies => {
  const strategy = issued(engine);
  return { strategies: { issued: strategy, "dual-password": strategy }, defaultStrategy: "issued" };
};
