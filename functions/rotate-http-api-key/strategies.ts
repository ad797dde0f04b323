import type { httpApiKeyEngine } from "../../shared/engines/http-api-key/http-api-key-engine.ts";
import { issued } from "../../shared/rotation/strategies/issued.ts";
import type { RotationStrategies } from "../../shared/runtime/rotation-function.ts";

/** An API that keeps two keys has dual passwords to its users, so that name is taken too. */
export const strategiesOn = (engine: ReturnType<typeof httpApiKeyEngine>): RotationStrategies => {
  const strategy = issued(engine);
  return { strategies: { issued: strategy, "dual-password": strategy }, defaultStrategy: "issued" };
};
