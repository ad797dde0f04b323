import type { ClusterGrant, WorkloadName } from "../ports/workload-cluster.ts";
import type { ClusterOptions } from "./cluster-options.ts";
import { rateObject } from "./restart-rate.ts";
import { workloadKinds } from "./workload.ts";

/** The group that an access entry maps the function's role to, and the name of what belongs to it. */
export const accessGroup = "rekey-refresh";

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

type Options = Pick<ClusterOptions, "grants" | "home" | "tokenFile">;

const rbac = "rbac.authorization.k8s.io";

const rule = (
  apiGroup: string,
  resources: readonly string[],
  verbs: readonly string[],
  names?: readonly string[],
): Rule => ({
  apiGroups: [apiGroup],
  resources,
  ...(names !== undefined && { resourceNames: [...new Set(names)].toSorted() }),
  verbs,
});

const namesOf = (grants: readonly ClusterGrant[], kind: ClusterGrant["object"]["kind"]): readonly string[] =>
  grants.filter(({ object }) => object.kind === kind).map(({ object }) => object.name);

/** RBAC cannot narrow a list by name, so a namespace where workloads are listed grants all of them. */
function workloadRules(grants: readonly ClusterGrant[]): readonly Rule[] {
  if (grants.some(({ restart }) => restart === "all")) {
    return [
      rule(
        "apps",
        workloadKinds.map((kind) => `${kind}s`),
        ["get", "list", "patch"],
      ),
    ];
  }
  const named = grants.flatMap(({ restart }) => (restart === "all" ? [] : restart));
  const ofKind = (kind: WorkloadName["kind"]) =>
    named.filter((workload) => workload.kind === kind).map(({ name }) => name);
  return workloadKinds
    .filter((kind) => ofKind(kind).length > 0)
    .map((kind) => rule("apps", [`${kind}s`], ["get", "patch"], ofKind(kind)));
}

/** Secrets are patched and never read: what is written is answered with its metadata alone. */
function rulesOf(grants: readonly ClusterGrant[]): readonly Rule[] {
  const [external, written] = [namesOf(grants, "external"), namesOf(grants, "written")];
  return [
    ...(external.length === 0 ? [] : [rule("external-secrets.io", ["externalsecrets"], ["get", "patch"], external)]),
    ...(written.length === 0 ? [] : [rule("", ["secrets"], ["patch"], written)]),
    ...workloadRules(grants),
  ];
}

function bound(
  { home, tokenFile }: Options,
  name: string,
  namespace: string,
  rules: readonly Rule[],
): readonly object[] {
  const subject =
    tokenFile === undefined
      ? { apiGroup: rbac, kind: "Group", name: accessGroup }
      : { kind: "ServiceAccount", name: accessGroup, namespace: home };
  return [
    { apiVersion: `${rbac}/v1`, kind: "Role", metadata: { name, namespace }, rules },
    {
      apiVersion: `${rbac}/v1`,
      kind: "RoleBinding",
      metadata: { name, namespace },
      roleRef: { apiGroup: rbac, kind: "Role", name },
      subjects: [subject],
    },
  ];
}

/** RBAC has no rights to members of an object: without this, who may restart a workload may also give it another image. */
function onlyRestarts({ home, tokenFile }: Options): readonly object[] {
  const isRekey =
    tokenFile === undefined
      ? `'${accessGroup}' in request.userInfo.groups`
      : `request.userInfo.username == 'system:serviceaccount:${home}:${accessGroup}'`;
  const apiVersion = "admissionregistration.k8s.io/v1";
  return [
    {
      apiVersion,
      kind: "ValidatingAdmissionPolicy",
      metadata: { name: accessGroup },
      spec: {
        failurePolicy: "Fail",
        matchConstraints: {
          resourceRules: [
            {
              apiGroups: ["apps"],
              apiVersions: ["v1"],
              operations: ["UPDATE"],
              resources: workloadKinds.map((kind) => `${kind}s`),
            },
          ],
        },
        matchConditions: [{ name: "by-rekey", expression: isRekey }],
        validations: [
          {
            expression: "object.spec.template.spec == oldObject.spec.template.spec",
            message: "rekey restarts workloads and changes nothing else of their Pods",
          },
        ],
      },
    },
    {
      apiVersion,
      kind: "ValidatingAdmissionPolicyBinding",
      metadata: { name: accessGroup },
      spec: { policyName: accessGroup, validationActions: ["Deny"] },
    },
  ];
}

/**
 * What an administrator applies to a cluster so that rekey may do what its configuration grants, and nothing else: Roles by namespace, with names
 * wherever RBAC takes names, the object that restarts are counted in, and a policy that keeps Pods as they are.
 */
export function kubernetesManifests(options: Options): readonly object[] {
  const { grants, home, tokenFile } = options;
  const namespaces = [...new Set(grants.map(({ namespace }) => namespace))].toSorted();
  const rate = [rule("", ["configmaps"], ["get", "patch"], [rateObject])];
  return [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: home } },
    ...(tokenFile === undefined
      ? []
      : [{ apiVersion: "v1", kind: "ServiceAccount", metadata: { name: accessGroup, namespace: home } }]),
    { apiVersion: "v1", kind: "ConfigMap", metadata: { name: rateObject, namespace: home } },
    ...bound(options, rateObject, home, rate),
    ...namespaces.flatMap((namespace) =>
      bound(options, accessGroup, namespace, rulesOf(grants.filter((grant) => grant.namespace === namespace))),
    ),
    ...onlyRestarts(options),
  ];
}
