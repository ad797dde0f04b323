import type { FunctionRow } from "../function-resources.ts";
import { allow, readAndWrite, readSecret, readTheseSecrets, useDataKey, useSecretsKey } from "../statements.ts";

// A message comes again until every workload has rolled, each minute, so there are many tries.
export const refreshKubernetes: FunctionRow = {
  name: "refresh-kubernetes",
  description: "Has copies of secrets in Kubernetes refreshed and restarts what uses them.",
  condition: "HasKubernetes",
  memoryMb: 256,
  timeoutSeconds: 60,
  variables: [
    "REKEY_KUBERNETES_CLUSTERS: !Ref KubernetesClustersSecretArn",
    "REKEY_KUBERNETES_QUEUE_URL: !Ref KubernetesQueue",
    'REKEY_SECRETS: !Join [",", !Ref SecretArnPattern]',
    "SECRETS_MANAGER_ENDPOINT: !Ref SecretsManagerEndpoint",
  ],
  statements: [
    readTheseSecrets,
    readSecret("ReadTheClusters", "KubernetesClustersSecretArn"),
    allow("HoldMessages", ["sqs:ChangeMessageVisibility", "sqs:SendMessage"], "!GetAtt KubernetesQueue.Arn"),
    useSecretsKey(),
    useDataKey(readAndWrite),
  ],
  publishes: false,
  queue: {
    name: "KubernetesQueue",
    batchSize: 1,
    keepSeconds: "1209600",
    tries: 100,
    rules: ["!GetAtt KubernetesRule.Arn"],
    sender: "RefreshKubernetesRole",
  },
};
