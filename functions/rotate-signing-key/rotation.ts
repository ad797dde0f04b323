import { signingKeyEngine } from "../../shared/engines/signing-key/signing-key-engine.ts";
import { issued } from "../../shared/rotation/strategies/issued.ts";
import type { RotationStrategies } from "../../shared/runtime/rotation-function.ts";

export const createEngine = (): ReturnType<typeof signingKeyEngine> => signingKeyEngine();

/** Nothing retires a key: whoever holds a token of it would be turned away. */
export const strategiesOn = (engine: ReturnType<typeof signingKeyEngine>): RotationStrategies => {
  const { retire: _none, ...strategy } = issued(engine);
  return { strategies: { issued: strategy }, defaultStrategy: "issued" };
};
