import { grantedOrigins } from "../../shared/engines/http-api-key/granted-origins.ts";
import { httpApiKeyEngine } from "../../shared/engines/http-api-key/http-api-key-engine.ts";
import { environmentOf } from "../../shared/runtime/environment.ts";
import { rotationFunction } from "../../shared/runtime/rotation-function.ts";
import { strategiesOn } from "./strategies.ts";

const engine = httpApiKeyEngine(grantedOrigins(environmentOf(process.env).list("REKEY_HTTP_API_ORIGINS")));

/** Secrets Manager invokes it with `{ Step, SecretId, ClientRequestToken, RotationToken? }`, one step at a time. */
export const handler = rotationFunction(engine, strategiesOn(engine), process.env);
