import { grantedOrigins } from "../../shared/engines/connecting/granted-origins.ts";
import { httpApiEngine } from "../../shared/engines/http-api/http-api-engine.ts";
import { readDescriptions } from "../../shared/engines/http-api/read-descriptions.ts";
import { issued } from "../../shared/rotation/strategies/issued.ts";
import { environmentHttpApis } from "../../shared/runtime/environment-http-apis.ts";
import { environmentOf } from "../../shared/runtime/environment.ts";
import type { RotationStrategies } from "../../shared/runtime/rotation-function.ts";

export function createEngine(): ReturnType<typeof httpApiEngine> {
  const { apis, origins, ...others } = environmentHttpApis(environmentOf(process.env));
  const isGranted = grantedOrigins(origins);
  return httpApiEngine({ ...others, isGranted, apis: readDescriptions(apis, isGranted) });
}

export const strategiesOn = (engine: ReturnType<typeof httpApiEngine>): RotationStrategies => ({
  strategies: { issued: issued(engine) },
  defaultStrategy: "issued",
});
