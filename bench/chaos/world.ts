import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import { SQSClient } from "@aws-sdk/client-sqs";
import type { LogLine } from "../../local/lambda/deployed-function.ts";
import { type Stack, startStack } from "../../local/stack.ts";
import { clusterOf, parseVaultClusters } from "../../shared/mirrors/vault-clusters.ts";
import { type Accounts, startAccounts } from "./credentials.ts";
import { type Cluster, startClusters } from "./clusters.ts";
import type { ChaosOptions } from "./plan.ts";
import { type Service, startServices } from "./services.ts";

export interface ManagedSecret {
  readonly arn: string;
  readonly name: string;
  readonly rotationFunctionArn: string;
  /** The one that its name is hashed to. */
  readonly cluster: Cluster;
}

export interface World {
  readonly stack: Stack;
  readonly clusters: readonly Cluster[];
  /** Of the deployments of the template: the one that rotates, and one for each cluster. */
  readonly stackNames: readonly string[];
  readonly secrets: readonly ManagedSecret[];
  readonly services: readonly Service[];
  readonly accounts: Pick<Accounts, "accepts">;
  readonly secretsManager: SecretsManager;
  readonly sqs: SQSClient;
  readonly logs: readonly LogLine[];
}

/** A message comes again sooner than in the template, but no sooner than its announcement may take. */
const soonestVisibleSeconds = 10;
const visibilityShare = 1 / 8;

export async function startWorld(options: ChaosOptions, cleanup: AsyncDisposableStack): Promise<World> {
  const clusters = await startClusters(cleanup);
  const accounts = await startAccounts(cleanup);
  const delayMs = Math.max(500, options.seconds * 40);
  const stack = await startStack({ trail: false, rotationRetry: { attempts: 3, delayMs } });
  cleanup.defer(async () => stack.stop());
  const logs: LogLine[] = [];
  stack.lambda.onLog((line) => void logs.push(line));
  const secretsManager = new SecretsManager(stack.clientConfig);
  const sqs = new SQSClient(stack.clientConfig);
  cleanup.defer(() => {
    secretsManager.destroy();
    sqs.destroy();
  });

  const shared = parseVaultClusters(clusters.map(({ name }) => name).join(","), undefined);
  // Before the stacks, as where rekey comes to secrets that are there.
  const secrets: ManagedSecret[] = [];
  for (let nth = 0; nth < options.secrets; nth++) {
    const { fields, functionName } = await accounts.create(nth);
    const name = `db/app-${nth}`;
    const { ARN: arn = "" } = await secretsManager.createSecret({ Name: name, SecretString: JSON.stringify(fields) });
    const rotationFunctionArn = `arn:aws:lambda:${stack.region}:${stack.accountId}:function:${functionName}`;
    const home = clusterOf({ secretArn: arn, secretName: name, tags: new Map() }, shared);
    const cluster = clusters.find((candidate) => candidate.name === home);
    if (cluster === undefined) throw new Error(`no cluster ${home}`);
    secrets.push({ arn, name, cluster, rotationFunctionArn });
  }
  const SecretArnPattern = `arn:aws:secretsmanager:${stack.region}:${stack.accountId}:secret:db/*`;
  const main = await stack.deploy({
    parameters: {
      SecretArnPattern,
      VaultAddress: "",
      HttpApiOrigins: accounts.apiOrigin,
      ClusterRoleArns: `arn:aws:iam::${stack.accountId}:role/rekey-vault-*`,
    },
  });
  const stackNames = ["rekey"];
  for (const cluster of clusters) {
    const credential = { Name: `rekey/${cluster.name}`, SecretString: cluster.secretId };
    const { ARN = "" } = await secretsManager.createSecret(credential);
    const stackName = `rekey-${cluster.name}`;
    await stack.deploy({
      stackName,
      parameters: {
        StackKind: "cluster",
        EventBusName: "rekey",
        SecretArnPattern,
        VaultCluster: cluster.name,
        VaultClusters: shared.shared.join(","),
        VaultAddress: cluster.address,
        VaultAuth: "approle",
        VaultRoleId: cluster.roleId,
        VaultCredentialSecretArn: ARN,
      },
    });
    stackNames.push(stackName);
  }
  for (const { attributes } of stack.sqs.queues()) {
    const seconds = Number(attributes.get("VisibilityTimeout"));
    const sooner = Math.max(soonestVisibleSeconds, Math.round(seconds * visibilityShare));
    attributes.set("VisibilityTimeout", String(sooner));
  }

  const arns = secrets.map(({ arn }) => arn);
  const services = await startServices(stack, main.outputs["SecretRotatedTopicArn"] ?? "", arns, cleanup);
  return {
    stack,
    clusters,
    stackNames,
    secrets,
    services,
    accounts,
    secretsManager,
    sqs,
    logs,
  };
}
