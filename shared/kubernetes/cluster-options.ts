import { isMembers, type Members } from "../answers/members.ts";
import { RekeyError } from "../errors/rekey-error.ts";
import type { ClusterGrant, WorkloadName } from "../ports/workload-cluster.ts";
import { certificatesIn } from "../secrets/certificates.ts";
import { defined } from "../secrets/defined.ts";
import { SecretValue } from "../secrets/secret-value.ts";
import { workloadKinds } from "./workload.ts";

/** One cluster, and what may be done in it: by configuration alone. */
export interface ClusterOptions {
  /** With EKS the cluster's name there. */
  readonly name: string;
  /** The API server's origin. */
  readonly server: string;
  /** PEM of the only roots that the API server is verified with. */
  readonly ca: string;
  /** The absolute path of a file with a bearer token; absent: EKS, with the function's role. */
  readonly tokenFile?: string;
  /** Of the EKS cluster; absent: the function's own. */
  readonly region?: string;
  readonly restartsPerMinute: number;
  /** The namespace of the ConfigMap in which restarts are counted. */
  readonly home: string;
  /** The version of `external-secrets.io` that the cluster serves. */
  readonly externalSecretsVersion: "v1" | "v1beta1";
  readonly grants: readonly ClusterGrant[];
}

const most = { clusters: 20, grants: 200, keys: 100, workloads: 100, restartsPerMinute: 600 };
const example =
  '[{"name":"prod","server":"https://…","ca":"LS0t…","grants":[{"secret":"<ARN>","namespace":"shop","externalSecret":"orders-db","restart":["deployment/web"]}]}]';

function invalid(problem: string): RekeyError {
  const hint = `use ${example}: docs/reference/kubernetes.md`;
  return new RekeyError("option-invalid", { context: { option: "REKEY_KUBERNETES_CLUSTERS", problem }, hint });
}

const label = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
const subdomain = /^[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?$/;
const arn = /^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:\d{12}:secret:.{1,512}-[A-Za-z0-9]{6}$/;
const dataKey = /^[-._a-zA-Z0-9]{1,253}$/;
const clusterName = /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/;

const matching = (value: unknown, pattern: RegExp, problem: string): string => {
  if (typeof value === "string" && pattern.test(value) && !value.includes("..")) return value;
  throw invalid(problem);
};

function nothingElse(others: Members): void {
  if (Object.keys(others).length > 0) throw invalid("a member that is unknown");
}

function listed(value: unknown, atMost: number, problem: string): readonly unknown[] {
  if (Array.isArray(value) && value.length <= atMost) return value;
  throw invalid(problem);
}

function workloadOf(value: unknown): WorkloadName {
  const [kind, name, ...others] = typeof value === "string" ? value.split("/") : [];
  const known = workloadKinds.find((one) => one === kind);
  if (known === undefined || others.length > 0) throw invalid("restart");
  return { kind: known, name: matching(name, subdomain, "restart") };
}

function keysOf(value: unknown): ReadonlyMap<string, string> {
  const entries = isMembers(value) ? Object.entries(value) : [];
  if (entries.length === 0 || entries.length > most.keys) throw invalid("keys");
  return new Map(
    entries.map(([key, member]) => [matching(key, dataKey, "keys"), matching(member, /^.{1,200}$/, "keys")]),
  );
}

function objectOf(external: unknown, written: unknown, keys: unknown): ClusterGrant["object"] {
  if ((external === undefined) === (written === undefined))
    throw invalid("externalSecret or kubernetesSecret, one of them");
  if (external === undefined) {
    return { kind: "written", name: matching(written, subdomain, "kubernetesSecret"), keys: keysOf(keys) };
  }
  if (keys !== undefined) throw invalid("keys are of a kubernetesSecret");
  return { kind: "external", name: matching(external, subdomain, "externalSecret") };
}

function grantOf(value: unknown): ClusterGrant {
  if (!isMembers(value)) throw invalid("a grant is an object");
  const { secret, namespace, externalSecret, kubernetesSecret, keys, restart = [], ...others } = value;
  nothingElse(others);
  return {
    secretArn: matching(secret, arn, "secret"),
    namespace: matching(namespace, label, "namespace"),
    object: objectOf(externalSecret, kubernetesSecret, keys),
    restart: restart === "all" ? restart : listed(restart, most.workloads, "restart").map(workloadOf),
  };
}

/** EKS writes the name of its endpoints in capital letters. */
function serverOf(value: unknown): string {
  const text = typeof value === "string" ? value : "";
  const url = URL.parse(text);
  if (url?.protocol !== "https:" || url.origin !== text.toLowerCase()) throw invalid("server");
  return url.origin;
}

/** PEM, or PEM in base64 as EKS and kubeconfig files have it. */
function caOf(value: unknown): string {
  const text = typeof value === "string" ? value : "";
  const pem = text.includes("-----BEGIN") ? text : Buffer.from(text, "base64").toString("latin1");
  const certificates = certificatesIn(new SecretValue(pem));
  if (certificates === undefined) throw invalid("ca");
  return certificates;
}

/** An object that two grants write would lose the keys of one with each write of the other. */
function refuseTwice(grants: readonly ClusterGrant[]): void {
  const written = grants.filter(({ object }) => object.kind === "written");
  const places = new Set(written.map(({ namespace, object }) => `${namespace}/${object.name}`));
  if (places.size < written.length) throw invalid("two grants with the same kubernetesSecret");
}

function clusterOf(value: unknown): ClusterOptions {
  if (!isMembers(value)) throw invalid("a cluster is an object");
  const { name, server, ca, tokenFile, region, restartsPerMinute = 10, home = "rekey", ...rest } = value;
  const { externalSecretsVersion = "v1", grants, ...others } = rest;
  nothingElse(others);
  const rate = typeof restartsPerMinute === "number" ? restartsPerMinute : 0;
  if (!Number.isInteger(rate) || rate < 1 || rate > most.restartsPerMinute) throw invalid("restartsPerMinute");
  if (externalSecretsVersion !== "v1" && externalSecretsVersion !== "v1beta1") throw invalid("externalSecretsVersion");
  const granted = listed(grants, most.grants, "grants").map(grantOf);
  refuseTwice(granted);
  return {
    name: matching(name, clusterName, "name"),
    server: serverOf(server),
    ca: caOf(ca),
    restartsPerMinute: rate,
    home: matching(home, label, "home"),
    externalSecretsVersion,
    grants: granted,
    ...defined({
      tokenFile: tokenFile === undefined ? undefined : matching(tokenFile, /^\/.{1,400}$/, "tokenFile"),
      region: region === undefined ? undefined : matching(region, /^[a-z0-9-]{1,40}$/, "region"),
    }),
  };
}

/** From JSON: a list of twenty at most. Errors: `option-invalid`, with nothing of the text. */
export function clusterOptions(text: SecretValue): readonly ClusterOptions[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text.reveal());
  } catch {
    throw invalid("not JSON");
  }
  const clusters = listed(parsed, most.clusters, "not a list of at most 20").map(clusterOf);
  if (new Set(clusters.map(({ name }) => name)).size < clusters.length) throw invalid("two clusters with one name");
  return clusters;
}
