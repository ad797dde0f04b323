import { mariadbEngine } from "../../shared/engines/mariadb/mariadb-engine.ts";
import { alternatingUsers } from "../../shared/rotation/strategies/alternating-users.ts";
import { dualPassword } from "../../shared/rotation/strategies/dual-password.ts";
import { singleUser } from "../../shared/rotation/strategies/single-user.ts";
import { rotationFunction } from "../../shared/runtime/rotation-function.ts";

const engine = mariadbEngine();

/** Secrets Manager invokes it with `{ Step, SecretId, ClientRequestToken, RotationToken? }`, one step at a time. */
export const handler = rotationFunction(
  engine,
  {
    strategies: {
      "single-user": singleUser(engine),
      "alternating-users": alternatingUsers(engine),
      "dual-password": dualPassword(engine),
    },
  },
  process.env,
);
