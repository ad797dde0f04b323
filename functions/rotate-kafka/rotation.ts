import { kafkaEngine } from "../../shared/engines/kafka/kafka-engine.ts";
import { alternatingUsers } from "../../shared/rotation/strategies/alternating-users.ts";
import { dualPassword } from "../../shared/rotation/strategies/dual-password.ts";
import { singleUser } from "../../shared/rotation/strategies/single-user.ts";
import type { RotationStrategies } from "../../shared/runtime/rotation-function.ts";

export { kafkaEngine as createEngine };

export const strategiesOn = (engine: ReturnType<typeof kafkaEngine>): RotationStrategies => ({
  strategies: {
    "single-user": singleUser(engine),
    "alternating-users": alternatingUsers(engine),
    "dual-password": dualPassword(engine),
  },
});
