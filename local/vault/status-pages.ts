import type { Clock } from "../clock.ts";
import type { VaultReply } from "./exchange.ts";
import type { VaultState } from "./faults.ts";

const version = "2.7.2";
const cluster = { cluster_name: "rekey-local", cluster_id: "5b0c0a4e-6b65-4079-8000-72656b657900" };

const healthStatus = { active: 200, standby: 429, sealed: 503 } as const;

/** A query parameter that changes the status, such as `sealedcode=200`. */
function statusOf(kind: VaultState["kind"], query: URLSearchParams): number {
  if (kind === "standby" && ["", "true"].includes(query.get("standbyok") ?? "false")) return statusOf("active", query);
  return Number(query.get(`${kind}code`) ?? healthStatus[kind]);
}

/** The pages that need no token and answer also when sealed. `undefined` for any other path. */
export function statusPage(
  path: string,
  query: URLSearchParams,
  { kind }: VaultState,
  clock: Clock,
): VaultReply | undefined {
  const sealed = kind === "sealed";
  const replication = sealed ? "unknown" : "disabled";
  switch (path) {
    case "sys/health":
      return {
        status: statusOf(kind, query),
        body: {
          initialized: true,
          sealed,
          standby: kind !== "active",
          replication_performance_mode: replication,
          replication_dr_mode: replication,
          server_time_utc: Math.floor(clock.now() / 1000),
          version,
          ...(!sealed && cluster),
        },
      };
    case "sys/seal-status":
      return {
        status: 200,
        body: {
          type: "shamir",
          initialized: true,
          sealed,
          t: 1,
          n: 1,
          progress: 0,
          nonce: "",
          recovery_seal: false,
          version,
          migration: false,
          ...(!sealed && cluster),
          storage_type: "inmem",
        },
      };
    case "sys/leader": {
      const nobody = { leader_address: "", leader_cluster_address: "" };
      return { status: 200, body: { ha_enabled: false, is_self: false, ...nobody, performance_standby: false } };
    }
    case "sys/init":
      return { status: 200, body: { initialized: true } };
    default:
      return undefined;
  }
}
