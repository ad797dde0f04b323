import { RekeyError } from "../errors/rekey-error.ts";
import type { DatabaseSecret } from "../secrets/database-secret.ts";
import type { RotationDependencies } from "./dependencies.ts";
import type { RotationFacts } from "./rotation-facts.ts";
import type { RotationStrategy } from "./strategies/strategy.ts";
import { strategyTag } from "../tags/tag-names.ts";

/**
 * The strategy that the secret's tag names; else AWS's: alternating users with an admin secret, a single user without; else
 * the function's own. Errors: `engine-unsupported`.
 */
export function chooseStrategy(
  { engine, strategies, defaultStrategy }: RotationDependencies,
  current: DatabaseSecret,
  { policy }: RotationFacts,
): RotationStrategy {
  if (engine.names.length > 0 && !engine.names.includes(current.engine)) {
    throw new RekeyError("engine-unsupported", { context: { engine: current.engine.slice(0, 40) } });
  }
  const asInSamples = current.masterArn === undefined ? "single-user" : "alternating-users";
  const name = policy.strategy ?? (strategies[asInSamples] === undefined ? defaultStrategy : asInSamples);
  const strategy = strategies[name];
  if (strategy === undefined)
    throw new RekeyError("engine-unsupported", {
      context: { engine: current.engine, strategy: name },
      hint: `this engine has ${Object.keys(strategies).join(" and ")}: name one of them in the tag ${strategyTag}, or take the tag off`,
    });
  return strategy;
}
