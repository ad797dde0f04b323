import { mongodbEngine } from "../../shared/engines/mongodb/mongodb-engine.ts";
import { alternatingUsers } from "../../shared/rotation/strategies/alternating-users.ts";
import { singleUser } from "../../shared/rotation/strategies/single-user.ts";
import { rotationFunction } from "../../shared/runtime/rotation-function.ts";

const engine = mongodbEngine();

/** Secrets Manager invokes it with `{ Step, SecretId, ClientRequestToken, RotationToken? }`, one step at a time. */
export const handler = rotationFunction(
  engine,
  { strategies: { "single-user": singleUser(engine), "alternating-users": alternatingUsers(engine) } },
  process.env,
);
