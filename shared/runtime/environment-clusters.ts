import { readFile } from "node:fs/promises";
import { clusterToken } from "../aws/sts/cluster-token.ts";
import { RekeyError } from "../errors/rekey-error.ts";
import { kubernetesCluster } from "../kubernetes/cluster.ts";
import { type ClusterOptions, clusterOptions } from "../kubernetes/cluster-options.ts";
import type { CallOptions } from "../ports/call.ts";
import type { SecretStore } from "../ports/secret-store.ts";
import type { WorkloadCluster } from "../ports/workload-cluster.ts";
import { SecretValue } from "../secrets/secret-value.ts";
import { environmentKeys } from "./aws-clients.ts";
import type { Environment } from "./environment.ts";

const option = "REKEY_KUBERNETES_CLUSTERS";
/** What is added to the secret, or taken out of it, holds after this time. */
const keptMs = 300_000;

/** Read each time, because what writes such a file replaces it before its token expires. */
async function fileToken(file: string, { signal }: CallOptions): Promise<SecretValue> {
  const text = await readFile(file, { encoding: "utf8", signal }).catch(() => "");
  const token = text.trim();
  if (/^[!-~]{1,16384}$/.test(token)) return new SecretValue(token);
  const context = { option, problem: "tokenFile holds no token", file };
  throw new RekeyError("option-invalid", { context });
}

function tokenOf({ tokenFile, name, region: own }: ClusterOptions, environment: Environment) {
  const region = own ?? environment.text("AWS_REGION") ?? "us-east-1";
  return async (call: CallOptions): Promise<SecretValue> =>
    tokenFile === undefined
      ? clusterToken({ cluster: name, region, credentials: environmentKeys, nowMs: Date.now() })
      : fileToken(tokenFile, call);
}

/**
 * The clusters that `REKEY_KUBERNETES_CLUSTERS` grants: JSON, or the ARN of a secret whose text is this JSON. Text is read at once, a
 * secret when it is asked for. Errors: `option-invalid`; of a secret also `secret-not-found`, `secret-binary` and those of the store.
 */
export function environmentClusters(
  environment: Environment,
  store: Pick<SecretStore, "read">,
): (call: CallOptions) => Promise<readonly WorkloadCluster[]> {
  const clustersOf = (text: SecretValue): readonly WorkloadCluster[] =>
    clusterOptions(text).map((options) =>
      kubernetesCluster(options, { token: tokenOf(options, environment), nowMs: Date.now }),
    );
  const set = environment.required(option);
  if (!set.startsWith("arn:")) {
    const clusters = clustersOf(new SecretValue(set));
    return async () => clusters;
  }
  let kept: { readonly clusters: readonly WorkloadCluster[]; readonly untilMs: number } = { clusters: [], untilMs: 0 };
  return async (call) => {
    if (Date.now() < kept.untilMs) return kept.clusters;
    const version = await store.read(set, { label: "AWSCURRENT" }, call);
    if (version === undefined) throw new RekeyError("secret-not-found", { context: { option, secret: set } });
    kept = { clusters: clustersOf(version.value), untilMs: Date.now() + keptMs };
    return kept.clusters;
  };
}
