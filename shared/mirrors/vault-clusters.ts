import { createHash } from "node:crypto";
import { RekeyError } from "../errors/rekey-error.ts";
import type { MirroredSecret } from "../ports/mirror.ts";
import { vaultClusterTag } from "../tags/tag-names.ts";

export interface ClusterRoute {
  /** What the ARN's region is, or what the secret's name begins with. */
  readonly by: "region" | "prefix";
  readonly value: string;
  readonly cluster: string;
}

/** Which Vault cluster each secret is mirrored in. */
export interface VaultClusters {
  /** Those that share the secrets for which there is no other rule. */
  readonly shared: readonly string[];
  readonly routes: readonly ClusterRoute[];
  /** Those that only tags name. */
  readonly tagged: readonly string[];
}

const isName = (text: string): boolean => /^[a-z0-9][a-z0-9-]{0,62}$/.test(text);
const listed = (text: string | undefined): readonly string[] =>
  (text ?? "")
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");

function invalid(option: string, problem: string): RekeyError {
  return new RekeyError("option-invalid", { context: { option, problem } });
}

function parseRoute(text: string): ClusterRoute | string {
  const [, by, value = "", cluster = ""] = /^(?:(region|prefix):([^=]+)|tagged)=(.+)$/.exec(text) ?? [];
  if (!isName(cluster)) {
    const forms = "prefix:<name>=<cluster>, region:<region>=<cluster> or tagged=<cluster>";
    throw invalid("VAULT_CLUSTER_ROUTES", `${text} is none of ${forms}`);
  }
  return by === "region" || by === "prefix" ? { by, value, cluster } : cluster;
}

/**
 * Reads the clusters that share the secrets (`eu-1,eu-2`) and the routes before them (`prefix:payments/=eu-3`,
 * `region:us-east-1=us-1`; `tagged=legal` for a cluster that only tags name). A cluster that only a route has gets no other
 * secrets. Errors: `option-invalid`.
 */
export function parseVaultClusters(clusters: string | undefined, routes: string | undefined): VaultClusters {
  const shared = listed(clusters);
  const wrong = shared.find((name) => !isName(name));
  if (shared.length === 0) throw invalid("VAULT_CLUSTERS", "not set");
  if (wrong !== undefined) throw invalid("VAULT_CLUSTERS", `${wrong} has other characters than a-z 0-9 -`);
  if (new Set(shared).size < shared.length) throw invalid("VAULT_CLUSTERS", "a cluster stands there twice");
  const parsed = listed(routes).map(parseRoute);
  const ways = parsed.filter((route) => typeof route !== "string");
  if (new Set(ways.map(({ by, value }) => `${by}:${value}`)).size < ways.length) {
    throw invalid("VAULT_CLUSTER_ROUTES", "two routes are for the same secrets");
  }
  return { shared, routes: ways, tagged: parsed.filter((route) => typeof route === "string") };
}

/** All of them, each once. */
export function clusterNames({ shared, routes, tagged }: VaultClusters): ReadonlySet<string> {
  return new Set([...shared, ...routes.map(({ cluster }) => cluster), ...tagged]);
}

const weight = (cluster: string, secretName: string): string =>
  createHash("sha256").update(`${cluster}\0${secretName}`).digest("hex");

/** Rendezvous hashing (Thaler and Ravishankar, 1998): the cluster whose hash with the name is greatest. */
function rendezvous(clusters: readonly string[], secretName: string): string | undefined {
  const [first] = clusters
    .map((cluster) => ({ cluster, weight: weight(cluster, secretName) }))
    .sort((one, other) => (one.weight < other.weight ? 1 : -1));
  return first?.cluster;
}

/**
 * The cluster that a secret belongs to: the one that its tag `rekey:vault-cluster` names, else the one of the longest
 * prefix of its name, else of its region, else the one that its name is hashed to, so that a cluster more or less moves
 * no other secret than it gets or gives. By the name and not by the ARN, since that is where a mirror lies: a secret that
 * is made again, or a replica, finds the same place. Errors: `option-invalid` for a tag that no cluster has.
 */
export function clusterOf({ secretArn, secretName, tags }: MirroredSecret, clusters: VaultClusters): string {
  const { shared, routes } = clusters;
  const named = tags.get(vaultClusterTag);
  if (named !== undefined) {
    if (clusterNames(clusters).has(named)) return named;
    const hint = "use a name of VAULT_CLUSTERS or VAULT_CLUSTER_ROUTES";
    throw new RekeyError("option-invalid", { context: { secret: secretArn, option: vaultClusterTag }, hint });
  }
  const region = secretArn.split(":")[3];
  const [prefix] = routes
    .filter(({ by, value }) => by === "prefix" && secretName.startsWith(value))
    .sort((one, other) => other.value.length - one.value.length);
  const route = prefix ?? routes.find(({ by, value }) => by === "region" && value === region);
  const cluster = route?.cluster ?? rendezvous(shared, secretName);
  if (cluster === undefined) throw invalid("VAULT_CLUSTERS", "not set");
  return cluster;
}
