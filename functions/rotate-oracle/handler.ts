import { rotationFunction } from "../../shared/runtime/rotation-function.ts";
import { createEngine, strategiesOn } from "./rotation.ts";

const engine = createEngine();

/** Oracle takes no longer password before 23ai; a tag of the secret or a variable of the function may say another length. */
const environment = { PASSWORD_LENGTH: "30", ...process.env };

/** Secrets Manager invokes it with `{ Step, SecretId, ClientRequestToken, RotationToken? }`, one step at a time. */
export const handler = rotationFunction(engine, strategiesOn(engine), environment);
