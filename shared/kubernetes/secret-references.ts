import { memberAt } from "../answers/member-at.ts";

const listAt = (value: unknown, ...path: readonly string[]): readonly unknown[] => {
  const found = memberAt(value, ...path);
  return Array.isArray(found) ? found : [];
};

/** Drivers of volumes that log in with a Secret of the Pod's namespace. */
const drivers = ["cephfs", "flexVolume", "iscsi", "rbd", "scaleIO", "storageos"];

const ofContainer = (container: unknown): readonly unknown[] => [
  ...listAt(container, "env").map((variable) => memberAt(variable, "valueFrom", "secretKeyRef", "name")),
  ...listAt(container, "envFrom").map((source) => memberAt(source, "secretRef", "name")),
];

const ofVolume = (volume: unknown): readonly unknown[] => [
  memberAt(volume, "secret", "secretName"),
  ...listAt(volume, "projected", "sources").map((source) => memberAt(source, "secret", "name")),
  memberAt(volume, "csi", "nodePublishSecretRef", "name"),
  memberAt(volume, "azureFile", "secretName"),
  ...drivers.map((driver) => memberAt(volume, driver, "secretRef", "name")),
];

/** The names of the Secrets that a Pod's spec refers to, wherever its Pods take them from: PodSpec of core/v1. */
export function secretReferences(podSpec: unknown): ReadonlySet<string> {
  const names = [
    ...["containers", "initContainers"].flatMap((list) => listAt(podSpec, list).flatMap(ofContainer)),
    ...listAt(podSpec, "volumes").flatMap(ofVolume),
    ...listAt(podSpec, "imagePullSecrets").map((pull) => memberAt(pull, "name")),
  ];
  return new Set(names.filter((name) => typeof name === "string"));
}
