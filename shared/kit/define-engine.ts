import { RekeyError } from "../errors/rekey-error.ts";
import type { DatabaseEngine, DatabaseSession } from "../ports/database-engine.ts";
import type { RotationDependencies } from "../rotation/dependencies.ts";
import type { StrategyName } from "../rotation/rotation-policy.ts";
import type { RotationStrategy } from "../rotation/strategies/strategy.ts";

/** An engine with its ways to rotate, as a rotation function, the engine contract and `rekey bundle-engine` take it. */
export interface DefinedEngine {
  readonly engine: DatabaseEngine;
  readonly strategies: RotationDependencies["strategies"];
  /** Of a secret that names none. */
  readonly defaultStrategy: StrategyName;
}

export interface EngineParts<Session extends DatabaseSession> {
  readonly engine: DatabaseEngine<Session>;
  /**
   * Its ways to rotate: `[singleUser(engine)]`. A secret that names none gets `single-user` (with `masterarn`,
   * `alternating-users`) where it is among them, else the first.
   */
  readonly strategies: readonly [RotationStrategy, ...RotationStrategy[]];
}

/**
 * Puts an engine together that may live outside of rekey's repository. Errors: `option-invalid` for an engine without a name,
 * and for two strategies of one name.
 *
 * @example
 * ```ts
 * import { type DatabaseEngine, type DatabaseSession, defineEngine, type PasswordChange, singleUser } from "rekey/engine";
 *
 * const defined = (engine: DatabaseEngine<DatabaseSession & PasswordChange>) =>
 *   defineEngine({ engine, strategies: [singleUser(engine)] });
 * ```
 */
export function defineEngine<Session extends DatabaseSession>({
  engine,
  strategies,
}: EngineParts<Session>): DefinedEngine {
  const refuse = (problem: string): RekeyError =>
    new RekeyError("option-invalid", { context: { option: "defineEngine", problem } });
  if (engine.names.length === 0 || engine.names.includes("")) throw refuse("the engine has no name");
  const byName = new Map(strategies.map((strategy) => [strategy.name, strategy]));
  if (byName.size < strategies.length) throw refuse("two of its strategies have the same name");
  const defaultStrategy = byName.has("single-user") ? "single-user" : strategies[0].name;
  return { engine, strategies: Object.fromEntries(byName), defaultStrategy };
}
