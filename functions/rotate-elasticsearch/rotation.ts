import { elasticsearchEngine } from "../../shared/engines/elasticsearch/elasticsearch-engine.ts";
import { alternatingUsers } from "../../shared/rotation/strategies/alternating-users.ts";
import { singleUser } from "../../shared/rotation/strategies/single-user.ts";
import type { RotationStrategies } from "../../shared/runtime/rotation-function.ts";

export { elasticsearchEngine as createEngine };

export const strategiesOn = (engine: ReturnType<typeof elasticsearchEngine>): RotationStrategies => ({
  strategies: { "single-user": singleUser(engine), "alternating-users": alternatingUsers(engine) },
});
