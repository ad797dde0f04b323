import { mariadbEngine } from "../../shared/engines/mariadb/mariadb-engine.ts";
import { rotationFunction } from "../../shared/runtime/rotation-function.ts";
import { strategiesOn } from "./strategies.ts";

const engine = mariadbEngine();

/** Secrets Manager invokes it with `{ Step, SecretId, ClientRequestToken, RotationToken? }`, one step at a time. */
export const handler = rotationFunction(engine, strategiesOn(engine), process.env);
