import { oracleEngine } from "../../shared/engines/oracle/oracle-engine.ts";
import { dualPassword } from "../../shared/rotation/strategies/dual-password.ts";
import { singleUser } from "../../shared/rotation/strategies/single-user.ts";
import type { RotationStrategies } from "../../shared/runtime/rotation-function.ts";

export { oracleEngine as createEngine };

export const strategiesOn = (engine: ReturnType<typeof oracleEngine>): RotationStrategies => ({
  strategies: { "single-user": singleUser(engine), "dual-password": dualPassword(engine) },
});
