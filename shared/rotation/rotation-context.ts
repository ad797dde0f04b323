import { RekeyError } from "../errors/rekey-error.ts";
import { type DatabaseSecret, parseDatabaseSecret } from "../secrets/database-secret.ts";
import type { SecretValue } from "../secrets/secret-value.ts";
import { chooseStrategy } from "./choose-strategy.ts";
import { reportWeakTls, targetsOf } from "./database-targets.ts";
import type { RotationDependencies } from "./dependencies.ts";
import { fallBackCredentials } from "./fall-back-credentials.ts";
import type { AccountNote, CallOptions } from "../ports/call.ts";
import type { DatabaseTarget } from "../ports/database-engine.ts";
import type { RotationFacts } from "./rotation-facts.ts";
import type { RotationKind } from "./rotation-memory.ts";
import type { RotationStrategy, StrategyContext } from "./strategies/strategy.ts";

/** Everything that a step works with once AWSCURRENT is known. */
export interface Rotation {
  readonly kind: RotationKind;
  readonly strategy: RotationStrategy;
  readonly current: DatabaseSecret;
  /** One for each server that has the user; most secrets have one. */
  readonly hosts: readonly [StrategyContext, ...StrategyContext[]];
}

/**
 * Amazon RDS Proxy logs clients in with the registered secret's AWSCURRENT, so it refuses a new password until the rotation
 * is over, and the test before that fails. An engine without names logs in to no server.
 */
function refuseRdsProxy({ engine }: RotationDependencies, targets: readonly DatabaseTarget[]): void {
  const proxy = targets.find(({ host }) => /\.proxy-[^.]+\.[^.]+\.rds\.amazonaws\.com(\.cn)?$/i.test(host));
  if (proxy === undefined || engine.names.length === 0) return;
  throw new RekeyError("pooler-keeps-password", {
    context: { host: proxy.host },
    hint: "give the secret the database's own endpoint, and the services the proxy's; see docs/how-to/rds-proxy.md",
  });
}

/** Errors: `secret-malformed`, `engine-unsupported`, `option-invalid`, `pooler-keeps-password`. */
export function rotationOf(
  deps: RotationDependencies,
  value: SecretValue,
  facts: RotationFacts,
  call: CallOptions,
): Rotation {
  const current = parseDatabaseSecret(value);
  const strategy = chooseStrategy(deps, current, facts);
  // A tag that cannot be read ends the rotation before anything is made.
  deps.engine.passwordHash?.(facts.options);
  const targets = targetsOf(deps, current, facts);
  refuseRdsProxy(deps, targets);
  const [target, ...others] = targets;
  if (target.tls.mode !== "verify-full") reportWeakTls(deps, facts.secretArn, target.tls.mode);
  const note = ({ code, detail }: AccountNote): void =>
    deps.report("the user's account is worth a look", { secret: facts.secretArn, finding: code, ...detail });
  const search = { deps, current, facts, targets, call };
  const contextOf = (at: DatabaseTarget): StrategyContext => ({
    target: at,
    policy: facts.policy,
    wasRotated: facts.wasRotated,
    lastRotatedAt: facts.lastRotatedAt,
    call: { signal: call.signal, note },
    ...fallBackCredentials(search, at),
  });
  const changesAtFinish = strategy.replacesCurrent && facts.policy.changeAt === "finishSecret";
  const kind = { engine: current.engine, strategy: strategy.name, changesAtFinish };
  return { kind, strategy, current, hosts: [contextOf(target), ...others.map(contextOf)] };
}
