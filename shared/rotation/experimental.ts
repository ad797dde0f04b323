import { RekeyError } from "../errors/rekey-error.ts";
import type { DatabaseEngine } from "../ports/database-engine.ts";
import type { RotationFacts } from "./rotation-facts.ts";

/**
 * Before a rotation begins; one that has begun is finished, whatever the tags say by then. Errors: `engine-experimental`, for an
 * experimental engine that the secret's tags do not accept.
 */
export function checkAccepted(
  { isExperimental = false }: DatabaseEngine,
  { secretArn, policy }: RotationFacts,
  name: string,
): void {
  if (!isExperimental || policy.acceptsExperimental) return;
  throw new RekeyError("engine-experimental", { context: { secret: secretArn, engine: name } });
}
