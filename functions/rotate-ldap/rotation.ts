import { ldapEngine } from "../../shared/engines/ldap/ldap-engine.ts";
import { dualPassword } from "../../shared/rotation/strategies/dual-password.ts";
import { singleUser } from "../../shared/rotation/strategies/single-user.ts";
import type { RotationStrategies } from "../../shared/runtime/rotation-function.ts";

export { ldapEngine as createEngine };

export const strategiesOn = (engine: ReturnType<typeof ldapEngine>): RotationStrategies => ({
  strategies: { "single-user": singleUser(engine), "dual-password": dualPassword(engine) },
});
