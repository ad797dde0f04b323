import { rotationFunction } from "../runtime/rotation-function.ts";
import type { DefinedEngine } from "./define-engine.ts";

/**
 * The Lambda handler of a defined engine's rotation function, wired from the environment as rekey's own are. It is invoked with
 * `{ Step, SecretId, ClientRequestToken, RotationToken? }`, one step at a time, and repeats of a step are harmless.
 */
export const engineFunction = (
  { engine, ...strategies }: DefinedEngine,
  variables: Readonly<Record<string, string | undefined>> = process.env,
): ReturnType<typeof rotationFunction> => rotationFunction(engine, strategies, variables);
