import { activeDirectoryEngine } from "../../shared/engines/active-directory/active-directory-engine.ts";
import { alternatingUsers } from "../../shared/rotation/strategies/alternating-users.ts";
import { singleUser } from "../../shared/rotation/strategies/single-user.ts";
import type { RotationStrategies } from "../../shared/runtime/rotation-function.ts";

export { activeDirectoryEngine as createEngine };

export const strategiesOn = (engine: ReturnType<typeof activeDirectoryEngine>): RotationStrategies => ({
  strategies: { "single-user": singleUser(engine), "alternating-users": alternatingUsers(engine) },
});
