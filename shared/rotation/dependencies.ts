import type { PasswordPolicy } from "../secrets/password.ts";
import type { SecretValue } from "../secrets/secret-value.ts";
import type { RotationGrants } from "./grants.ts";
import type { DatabaseEngine } from "../ports/database-engine.ts";
import type { SecretStore } from "../ports/secret-store.ts";
import type { EventPublisher } from "../ports/event-publisher.ts";
import type { RotationMemory } from "./rotation-memory.ts";
import type { StrategyName } from "./rotation-policy.ts";
import type { RotationStrategy } from "./strategies/strategy.ts";

export interface RotationDependencies {
  readonly store: SecretStore;
  readonly publisher: EventPublisher;
  readonly engine: DatabaseEngine;
  readonly strategies: Readonly<Partial<Record<StrategyName, RotationStrategy>>>;
  /** For a secret that names none, where AWS's rule (single-user, alternating-users with a `masterarn`) does not fit the engine. */
  readonly defaultStrategy: StrategyName;
  /** `rekey:*` tags for secrets that do not carry them. */
  readonly defaultTags?: ReadonlyMap<string, string>;
  readonly grants: RotationGrants;
  /** `<account>:` for a secret of another account, before its name where grants go by it: a name is one account's alone. */
  readonly namePrefix?: string;
  /** PEM roots used when the secret names none. */
  readonly tlsCa?: string | undefined;
  readonly generatePassword: (policy: PasswordPolicy) => SecretValue;
  readonly memory: RotationMemory;
  /** Now, in milliseconds since 1970. */
  readonly nowMs: () => number;
  /** Takes facts for the log: names, ids and codes only. */
  readonly report: (message: string, facts: Readonly<Record<string, string | number | boolean>>) => void;
}
