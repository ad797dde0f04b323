import { loginsOnly } from "../../shared/engines/msk/engine-options.ts";
import { mskEngine } from "../../shared/engines/msk/msk-engine.ts";
import { alternatingUsers } from "../../shared/rotation/strategies/alternating-users.ts";
import type { RotationStrategies } from "../../shared/runtime/rotation-function.ts";

export const createEngine = (options = loginsOnly): ReturnType<typeof mskEngine> => mskEngine(options);

export const strategiesOn = (engine: ReturnType<typeof mskEngine>): RotationStrategies => ({
  strategies: { "alternating-users": alternatingUsers(engine) },
  defaultStrategy: "alternating-users",
});
