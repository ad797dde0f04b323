import { rotationFunction } from "../../shared/runtime/rotation-function.ts";
import { createEngine, strategiesOn } from "./rotation.ts";

const engine = createEngine();

/** Secrets Manager invokes it with `{ Step, SecretId, ClientRequestToken, RotationToken? }`, one step at a time. */
export const handler = rotationFunction(engine, strategiesOn(engine), process.env);
