import { createHash } from "node:crypto";
import { memberAt } from "../../shared/answers/member-at.ts";
import { membersOf } from "../../shared/answers/members.ts";
import { kubernetesCluster } from "../../shared/kubernetes/cluster.ts";
import { clusterOptions } from "../../shared/kubernetes/cluster-options.ts";
import { kubernetesManifests } from "../../shared/kubernetes/manifests.ts";
import type { Refresher } from "../../shared/operations/refreshing/refresh-secret.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";
import { type MemoryStore, memoryStore } from "../../shared/testing/memory-store.ts";
import type { KubernetesUnderTest } from "./kubernetes.ts";

export const secretArn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db/orders-AbCdEf";
export const valueOf = (password: string): SecretValue =>
  new SecretValue(JSON.stringify({ username: "app", password, port: 5432 }));

/** The resource that the operator External Secrets defines, as far as rekey reads it. */
export const externalSecrets = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "externalsecrets.external-secrets.io" },
  spec: {
    group: "external-secrets.io",
    scope: "Namespaced",
    names: {
      plural: "externalsecrets",
      singular: "externalsecret",
      kind: "ExternalSecret",
      listKind: "ExternalSecretList",
    },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
      },
    ],
  },
};

export const podUsing = (spec: object): object => ({
  containers: [{ name: "app", image: "app:1" }],
  ...spec,
});
export const fromEnvironment = podUsing({
  containers: [{ name: "app", image: "app:1", envFrom: [{ secretRef: { name: "orders-db" } }] }],
});

const labels = { app: "x" };
export const workload = (kind: string, namespace: string, name: string, pod: object = fromEnvironment): object => ({
  apiVersion: "apps/v1",
  kind,
  metadata: { name, namespace },
  spec: {
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: pod },
    ...(kind === "StatefulSet" && { serviceName: "x" }),
  },
});

export const externalSecret = (namespace: string, spec: object = {}): object => ({
  apiVersion: "external-secrets.io/v1",
  kind: "ExternalSecret",
  metadata: { name: "orders", namespace },
  spec: {
    refreshInterval: "1h",
    target: { name: "orders-db" },
    data: [{ secretKey: "password", remoteRef: { key: secretArn, property: "password" } }],
    ...spec,
  },
});

export type Grant = Readonly<Record<string, unknown>>;

export interface KubernetesStage {
  readonly namespace: string;
  readonly store: MemoryStore;
  readonly refresher: Refresher;
  /** How often something was asked with rekey's token. */
  asked(): number;
  /** The n-th request from now, and each after it, fails before it is sent, as those of a process that is dead. */
  dieAt(request: number): void;
  /** Does once what the operator does: fetches for each ExternalSecret whose annotations are not those that it saw. */
  operate(): Promise<void>;
  object(path: string): Promise<Readonly<Record<string, unknown>>>;
  generation(kind: string, name: string): Promise<unknown>;
}

/** A namespace with rekey's rights there, for grants of one secret. Waiting is where the operator works, so that nothing waits. */
export async function stageIn(
  kubernetes: KubernetesUnderTest,
  namespace: string,
  grants: readonly Grant[],
  settings: { readonly restartsPerMinute?: number; readonly operates?: boolean; readonly nowMs?: () => number } = {},
): Promise<KubernetesStage> {
  const { restartsPerMinute = 600, operates = true, nowMs = Date.now } = settings;
  const { server, ca, admin } = kubernetes;
  const granted = grants.map((grant) => ({ secret: secretArn, namespace, ...grant }));
  const home = `${namespace}-home`;
  const [options] = clusterOptions(
    new SecretValue(JSON.stringify([{ name: "prod", server, ca, home, restartsPerMinute, grants: granted }])),
  );
  if (options === undefined) throw new Error("no cluster");
  const ofNamespace = kubernetesManifests(options).filter(
    (object) => memberAt(object, "metadata", "namespace") !== undefined || memberAt(object, "kind") === "Namespace",
  );
  await kubernetes.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } }, ...ofNamespace);
  const store = memoryStore(secretArn, valueOf("canary-first"));
  let asked = 0;
  let deadAt = Number.POSITIVE_INFINITY;
  const cluster = kubernetesCluster(options, {
    nowMs,
    token: async () => {
      asked += 1;
      if (asked >= deadAt) throw new Error("killed");
      return new SecretValue(kubernetes.token);
    },
  });
  const base = `/apis/external-secrets.io/v1/namespaces/${namespace}/externalsecrets`;

  async function operate(): Promise<void> {
    const { items } = await admin("GET", base);
    for (const item of Array.isArray(items) ? items : []) {
      const seen = createHash("sha1")
        .update(JSON.stringify(memberAt(item, "metadata", "annotations") ?? {}))
        .digest("hex");
      if (memberAt(item, "status", "syncedResourceVersion") === seen) continue;
      const value = store.labelled("AWSCURRENT")?.value.reveal() ?? "";
      const data = { password: Buffer.from(String(memberAt(JSON.parse(value), "password"))).toString("base64") };
      const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "orders-db", namespace }, data };
      const path = `/api/v1/namespaces/${namespace}/secrets/orders-db?fieldManager=operator&force=true`;
      await admin("PATCH", path, secret, "application/apply-patch+yaml");
      const status = { syncedResourceVersion: seen, conditions: [{ type: "Ready", status: "True" }] };
      const name = String(memberAt(item, "metadata", "name"));
      await admin("PATCH", `${base}/${name}/status`, { status }, "application/merge-patch+json");
    }
  }

  return {
    namespace,
    store,
    refresher: {
      store,
      manages: () => true,
      clusters: [cluster],
      waitMs: 2_000,
      pause: async () => {
        if (asked >= deadAt) throw new Error("killed");
        if (operates) await operate();
      },
    },
    asked: () => asked,
    dieAt(request) {
      deadAt = asked + request;
    },
    operate,
    object: async (path) => admin("GET", path.replace("NS", namespace)),
    async generation(kind, name) {
      const path = `/apis/apps/v1/namespaces/${namespace}/${kind}/${name}`;
      return memberAt(membersOf(await admin("GET", path)), "metadata", "generation");
    },
  };
}
