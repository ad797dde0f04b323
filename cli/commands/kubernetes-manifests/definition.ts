import { type CommandDefinition, jsonOption } from "../../command.ts";

export const kubernetesManifests: CommandDefinition = {
  name: "kubernetes-manifests",
  kind: "reads",
  words: [{ name: "<clusters>", about: "file of JSON, as the secret of KubernetesClustersSecretArn has it" }],
  summary: "what a Kubernetes cluster needs so that rekey may refresh copies of secrets there, and no more",
  about: [
    "Roles with names wherever RBAC takes names, an object that restarts are counted in, and a policy that lets rekey change no Pod's spec. The first lines name the access entry for EKS.",
  ],
  options: [
    { flags: "--cluster <name>", about: "which one, where the file has several" },
    { flags: "--role-arn <arn>", about: "role of the function refresh-kubernetes, for the access entry" },
    jsonOption,
  ],
  examples: ["rekey kubernetes-manifests clusters.json --cluster prod | kubectl apply -f -"],
  aws: false,
  load: async () => (await import("./run.ts")).run,
};
