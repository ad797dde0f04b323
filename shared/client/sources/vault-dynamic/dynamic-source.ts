import { RekeyError } from "../../../errors/rekey-error.ts";
import { databaseMount } from "../../../vault/vault-mount.ts";
import { pathProblem } from "../../../vault/vault-path.ts";
import { aboutSecret } from "../../cache/about-secret.ts";
import { callListener } from "../../call-listener.ts";
import { awaited, type Clock, eventLoopClock } from "../../clock.ts";
import type { InvalidationSink, InvalidationSource } from "../../invalidation/invalidation-source.ts";
import type { Acknowledge } from "../../pools/rotating-options.ts";
import type { SecretSource } from "../secret-source.ts";
import { defaultTimeoutMs, type VaultReaderOptions, vaultSender } from "../vault/vault-reader.ts";
import { type LeaseKeeper, leaseKeeper } from "./lease-keeper.ts";
import { trackedSession } from "./tracked-session.ts";

// Services that emit declarations name what they infer by the entry that they import.
export type { Acknowledge } from "../../pools/rotating-options.ts";

export interface VaultDynamicOptions extends VaultReaderOptions {
  /** Where the database engine is mounted. `database`. */
  readonly mount?: string;
  /** What the secret says beside user and password, as in Secrets Manager: `engine`, `host`, `port`, `dbname`, `ssl`. */
  readonly connection: Readonly<Record<string, string | number | boolean>>;
  /** How long a lease that is replaced runs on, but no longer than a third of it. 60,000. */
  readonly overlapMs?: number;
  /** For tests and simulations. */
  readonly clock?: Clock;
  /** Numbers from 0 up to 1, for all jitter. `Math.random`. */
  readonly random?: () => number;
}

/** At most: a renewal, a login, the request, and after a refused token another login and the request again. */
const requestsForOne = 5;

/** The source of a client and what tells the same client of new leases: give it to `createSecretClient` and to `subscribe`. */
export interface VaultDynamicSource extends SecretSource, InvalidationSource, AsyncDisposable {
  /**
   * For a pool's `acknowledge`: revokes the leases that no connection of it uses any more, rather than let them run out.
   * Only where one pool alone uses the role.
   */
  readonly revokeReplaced: Acknowledge;
  /** Stops renewing and revokes every lease. Close pools first. Idempotent. */
  close(): Promise<void>;
}

/**
 * Leases a user of a database from Vault's database engine; a secret's id is the role's name. This process has one lease
 * for each role. It is renewed, and replaced before its max TTL ends it, or after the server has refused it: a pool then
 * asks for AWSPENDING. While Vault is away it is used to its end. Errors of `read`: `secret-not-found`,
 * `mirror-unauthorized`, `mirror-unavailable`, `mirror-rejected`, `mirror-path-invalid`, `tls-refused`, `pool-closed`;
 * `option-invalid` at once.
 *
 * @example
 * ```ts
 * import { createSecretClient } from "rekey/client";
 * import { createRotatingPool } from "rekey/client/pg";
 * import { vaultDynamicSource, type VaultDynamicOptions } from "rekey/client/vault-dynamic";
 *
 * declare const vault: Pick<VaultDynamicOptions, "address" | "login">;
 * const source = vaultDynamicSource({ ...vault, connection: { engine: "postgres", host: "db", port: 5432 } });
 * const client = createSecretClient({ source });
 * client.subscribe(source);
 * const pool = createRotatingPool({ client, secretId: "orders-role", acknowledge: source.revokeReplaced });
 * ```
 */
export function vaultDynamicSource(options: VaultDynamicOptions): VaultDynamicSource {
  const { connection, overlapMs = 60_000, clock = eventLoopClock(), random = Math.random } = options;
  const mount = databaseMount("mount", options.mount ?? "database");
  if (!(overlapMs >= 0)) throw new RekeyError("option-invalid", { context: { option: "overlapMs" } });
  const sendTimeoutMs = requestsForOne * (options.timeoutMs ?? defaultTimeoutMs);
  const session = trackedSession(vaultSender(options), options.login);
  const keepers = new Map<string, LeaseKeeper>();
  const sinks = new Set<InvalidationSink>();
  let closing: Promise<void> | undefined;

  function keeperOf(role: string): LeaseKeeper {
    if (closing !== undefined) throw new RekeyError("pool-closed", { context: { secret: role } });
    const known = keepers.get(role);
    if (known !== undefined) return known;
    const problem = pathProblem(role);
    if (problem !== undefined) throw new RekeyError("mirror-path-invalid", { context: { secret: role, problem } });
    const keeper = leaseKeeper({
      role,
      mount,
      connection,
      session,
      clock,
      sendTimeoutMs,
      overlapMs,
      random,
      notify: (notice) => sinks.forEach((sink) => callListener("notice", () => sink.notice(notice))),
      report: (error) =>
        sinks.forEach((sink) => callListener("error", () => sink.error(aboutSecret(role, error), role))),
    });
    keepers.set(role, keeper);
    return keeper;
  }

  async function close(): Promise<void> {
    await Promise.all([...keepers.values()].map(async (keeper) => keeper.close()));
  }

  return {
    async read(role, at) {
      const keeper = keeperOf(role);
      if ("versionId" in at) return keeper.byId(at.versionId);
      switch (at.label) {
        case "AWSCURRENT":
          return keeper.current();
        case "AWSPENDING":
          return keeper.another();
        case "AWSPREVIOUS":
          return keeper.previous();
      }
    },
    name: `vault leases of ${mount}`,
    start(sink) {
      sinks.add(sink);
      return { stop: async () => void sinks.delete(sink) };
    },
    revokeReplaced: async ({ secretId }) => keepers.get(secretId)?.revokeReplaced(),
    close: async () => (closing ??= awaited(clock, close())),
    async [Symbol.asyncDispose]() {
      await (closing ??= awaited(clock, close()));
    },
  };
}
