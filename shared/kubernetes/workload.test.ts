import { expect, test } from "vitest";
import type { WorkloadName } from "../ports/workload-cluster.ts";
import { restartOf, workloadOf } from "./workload.ts";

type Kind = WorkloadName["kind"];
const seen = { observedGeneration: 3 };
const rolloutOf = (kind: Kind, spec: object, status: object): string =>
  workloadOf({ metadata: { generation: 3 }, spec, status }, { kind, name: "web" }, "shop").rollout;

test.each<readonly [Kind, object, object, string]>([
  ["deployment", { replicas: 2 }, { ...seen, replicas: 2, updatedReplicas: 2, availableReplicas: 2 }, "rolled"],
  ["deployment", { replicas: 2 }, { ...seen, replicas: 3, updatedReplicas: 2, availableReplicas: 2 }, "rolling"],
  ["deployment", { replicas: 2 }, { ...seen, replicas: 2, updatedReplicas: 1, availableReplicas: 2 }, "rolling"],
  ["deployment", { replicas: 2 }, { ...seen, replicas: 2, updatedReplicas: 2, availableReplicas: 1 }, "rolling"],
  ["deployment", {}, { observedGeneration: 2, replicas: 1, updatedReplicas: 1, availableReplicas: 1 }, "rolling"],
  ["deployment", { replicas: 0 }, seen, "rolled"],
  ["deployment", { paused: true }, {}, "held"],
  ["deployment", {}, {}, "rolling"],
  ["statefulset", { replicas: 2 }, { ...seen, updatedReplicas: 2, readyReplicas: 2 }, "rolled"],
  ["statefulset", { replicas: 2 }, { ...seen, updatedReplicas: 1, readyReplicas: 2 }, "rolling"],
  ["statefulset", { replicas: 2 }, { ...seen, updatedReplicas: 2, readyReplicas: 1 }, "rolling"],
  ["statefulset", { replicas: 2, updateStrategy: { type: "OnDelete" } }, seen, "held"],
  ["statefulset", { replicas: 2, updateStrategy: { rollingUpdate: { partition: 2 } } }, seen, "held"],
  [
    "statefulset",
    { replicas: 2, updateStrategy: { rollingUpdate: { partition: 1 } } },
    { ...seen, updatedReplicas: 1, readyReplicas: 2 },
    "rolled",
  ],
  ["daemonset", {}, { ...seen, desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 2 }, "rolled"],
  ["daemonset", {}, { ...seen, desiredNumberScheduled: 2, updatedNumberScheduled: 1, numberAvailable: 2 }, "rolling"],
  ["daemonset", {}, { ...seen, desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 1 }, "rolling"],
  ["daemonset", { updateStrategy: { type: "OnDelete" } }, seen, "held"],
])("a %s with %j and %j: %s", (kind, spec, status, rollout) => {
  expect(rolloutOf(kind, spec, status)).toBe(rollout);
});

test("volumes whose drivers log in with a Secret use it", () => {
  const volumes = [
    { csi: { nodePublishSecretRef: { name: "a" } } },
    { azureFile: { secretName: "b" } },
    { rbd: { secretRef: { name: "c" } } },
    { projected: { sources: [{ configMap: { name: "no" } }, { secret: { name: "d" } }] } },
    { configMap: { name: "no" } },
    { emptyDir: {} },
    null,
  ];
  const { uses } = workloadOf(
    { spec: { template: { spec: { volumes } } } },
    { kind: "deployment", name: "web" },
    "shop",
  );
  expect([...uses].toSorted()).toEqual(["a", "b", "c", "d"]);
});

const versions = (text: unknown) => {
  const annotations = { "rekey/restarted-for": text };
  const spec = { template: { metadata: { annotations } } };
  return workloadOf({ metadata: { resourceVersion: "7" }, spec }, { kind: "deployment", name: "web" }, "shop");
};

test("a restart keeps what it was restarted for before, of secrets that are still granted", () => {
  const workload = versions('{"arn:a":"v1","arn:b":"v1","arn:gone":"v1","arn:odd":7}');
  const version = { secretArn: "arn:a", secretName: "a", versionId: "v2" };
  expect(restartOf(workload, version, new Set(["arn:a", "arn:b"]))).toEqual({
    metadata: { resourceVersion: "7" },
    spec: { template: { metadata: { annotations: { "rekey/restarted-for": '{"arn:a":"v2","arn:b":"v1"}' } } } },
  });
});

test.each(["{", "[]", "7", 7, null, undefined])("an annotation %j is of no version", (text) => {
  expect(versions(text).restartedFor.size).toBe(0);
});
