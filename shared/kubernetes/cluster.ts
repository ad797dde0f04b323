import { memberAt } from "../answers/member-at.ts";
import type { Members } from "../answers/members.ts";
import { RekeyError } from "../errors/rekey-error.ts";
import type { CallOptions } from "../ports/call.ts";
import type { ClusterGrant, Workload, WorkloadCluster, WorkloadName } from "../ports/workload-cluster.ts";
import type { SecretValue } from "../secrets/secret-value.ts";
import { type ApiServerOptions, askApiServer, metadataAlone } from "./api-server.ts";
import type { ClusterOptions } from "./cluster-options.ts";
import { askedFor, checkExternalSecret, deliveryOf, isAsked } from "./external-secret.ts";
import { takeRestarts } from "./restart-rate.ts";
import { restartOf, workloadKinds, workloadOf } from "./workload.ts";
import { fieldManager, writtenSecret } from "./written-secret.ts";

const attempts = 3;
const mostPages = 100;
const pageSize = 50;
const byManager = `?fieldManager=${fieldManager}`;
const validName = /^[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?$/;

const workloadsPath = (kind: WorkloadName["kind"], namespace: string): string =>
  `/apis/apps/v1/namespaces/${namespace}/${kind}s`;

interface Wiring {
  readonly token: (call: CallOptions) => Promise<SecretValue>;
  readonly nowMs: () => number;
}

/**
 * A Kubernetes cluster by its API server. Every change is made on top of the revision that was read, or by server-side apply
 * that is refused where others manage a field; what was made once for a version is found by its annotation and not made again.
 */
export function kubernetesCluster(options: ClusterOptions, { token, nowMs }: Wiring): WorkloadCluster {
  const { name, server: origin, ca, grants, restartsPerMinute, home } = options;
  const server: ApiServerOptions = { name, server: origin, ca, token };
  const contextOf = ({ namespace, object }: ClusterGrant) => ({ cluster: name, namespace, object: object.name });
  const contended = (context: ReturnType<typeof contextOf>): RekeyError =>
    new RekeyError("kubernetes-unavailable", { context: { ...context, reason: "conflict" } });

  async function named(workload: WorkloadName, namespace: string, call: CallOptions): Promise<Workload | undefined> {
    const path = `${workloadsPath(workload.kind, namespace)}/${workload.name}`;
    const found = await askApiServer(server, { method: "GET", path }, call);
    return found.outcome === "done" ? workloadOf(found.object, workload, namespace) : undefined;
  }

  async function everyOne(kind: WorkloadName["kind"], namespace: string, call: CallOptions): Promise<Workload[]> {
    const workloads: Workload[] = [];
    let next = "";
    for (let page = 1; page <= mostPages; page++) {
      const from = next === "" ? "" : `&continue=${encodeURIComponent(next)}`;
      const path = `${workloadsPath(kind, namespace)}?limit=${pageSize}${from}`;
      const list = await askApiServer(server, { method: "GET", path }, call);
      if (list.outcome !== "done") return workloads;
      workloads.push(...itemsIn(list.object, kind, namespace));
      const more = memberAt(list.object, "metadata", "continue");
      if (typeof more !== "string" || more === "") return workloads;
      next = more;
    }
    throw new RekeyError("kubernetes-unavailable", { context: { cluster: name, namespace, reason: "too many pages" } });
  }

  return {
    name,
    grants,
    async requestSync(grant, version, call) {
      const context = contextOf(grant);
      const base = `/apis/external-secrets.io/${options.externalSecretsVersion}/namespaces/${grant.namespace}`;
      const path = `${base}/externalsecrets/${grant.object.name}`;
      for (let attempt = 1; attempt <= attempts; attempt++) {
        const found = await askApiServer(server, { method: "GET", path }, call);
        if (found.outcome !== "done") {
          throw new RekeyError("kubernetes-refused", { context: { ...context, problem: "it does not exist" } });
        }
        checkExternalSecret(found.object, version, context);
        if (isAsked(found.object, version)) return deliveryOf(found.object, version);
        const body = askedFor(found.object, version);
        const asked = await askApiServer(server, { method: "PATCH", path: `${path}${byManager}`, body }, call);
        if (asked.outcome === "done") return deliveryOf(asked.object, version);
      }
      throw contended(context);
    },
    async write(grant, version, call) {
      const context = contextOf(grant);
      const path = `/api/v1/namespaces/${grant.namespace}/secrets/${grant.object.name}${byManager}&force=false`;
      const body = writtenSecret(grant, version);
      const contentType = "application/apply-patch+yaml";
      const request = { method: "PATCH", path, body, contentType, accept: metadataAlone } as const;
      const written = await askApiServer(server, request, call);
      if (written.outcome === "conflict") throw new RekeyError("kubernetes-conflict", { context });
      if (written.outcome === "absent") {
        throw new RekeyError("kubernetes-refused", { context: { ...context, problem: "it does not exist" } });
      }
      return { secretName: grant.object.name, isFresh: true };
    },
    async workloads(namespace, granted, call) {
      const found: Workload[] = [];
      if (granted === "all") {
        for (const kind of workloadKinds) found.push(...(await everyOne(kind, namespace, call)));
        return found;
      }
      for (const workload of granted) {
        const one = await named(workload, namespace, call);
        if (one !== undefined) found.push(one);
      }
      return found;
    },
    takeRestarts: async (wanted, call) =>
      takeRestarts(server, { namespace: home, restartsPerMinute, nowMs }, wanted, call),
    async restart(workload, version, call) {
      const { kind, namespace } = workload;
      const known = new Set(grants.filter((grant) => grant.namespace === namespace).map(({ secretArn }) => secretArn));
      let now: Workload | undefined = workload;
      for (let attempt = 1; attempt <= attempts; attempt++) {
        if (now === undefined || now.restartedFor.get(version.secretArn) === version.versionId) return;
        const path = `${workloadsPath(kind, namespace)}/${workload.name}${byManager}`;
        const body = restartOf(now, version, known);
        const { outcome } = await askApiServer(server, { method: "PATCH", path, body }, call);
        if (outcome !== "conflict") return;
        now = await named(workload, namespace, call);
      }
      throw contended({ cluster: name, namespace, object: workload.name });
    },
  };
}

/** A name goes into the path of the next request: what is none is passed over. */
function itemsIn(list: Members, kind: WorkloadName["kind"], namespace: string): readonly Workload[] {
  const { items } = list;
  return (Array.isArray(items) ? items : []).flatMap((item: unknown) => {
    const name = memberAt(item, "metadata", "name");
    if (typeof name !== "string" || !validName.test(name) || name.includes("..")) return [];
    return [workloadOf({ ...(item as Members) }, { kind, name }, namespace)];
  });
}
