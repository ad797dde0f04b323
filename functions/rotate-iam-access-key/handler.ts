import { iamAccessKeyEngine } from "../../shared/engines/iam-access-key/iam-access-key-engine.ts";
import { issued } from "../../shared/rotation/strategies/issued.ts";
import { environmentAccessKeys } from "../../shared/runtime/environment-access-keys.ts";
import { environmentOf } from "../../shared/runtime/environment.ts";
import { rotationFunction } from "../../shared/runtime/rotation-function.ts";

const engine = iamAccessKeyEngine(environmentAccessKeys(environmentOf(process.env)));

/** Secrets Manager invokes it with `{ Step, SecretId, ClientRequestToken, RotationToken? }`, one step at a time. */
export const handler = rotationFunction(
  engine,
  { strategies: { issued: issued(engine) }, defaultStrategy: "issued" },
  process.env,
);
