import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { createDeliveries } from "./aws/delivery.ts";
import { createFaults } from "./aws/faults.ts";
import { startAwsFront, type AwsFront, type RequestRecord } from "./aws/front.ts";
import { isMembers, optionalInteger, optionalText, record, textList, type Members } from "./aws/members.ts";
import { createPrincipals } from "./aws/principals.ts";
import type { AwsService, BusEvent } from "./aws/service.ts";
import { movableClock, type Clock } from "./clock.ts";
import { createCloudTrail } from "./cloudtrail/service.ts";
import { createCloudWatchLogs } from "./cloudwatch-logs/service.ts";
import { createDynamoDb } from "./dynamodb/service.ts";
import { createEventBridge, type EventBridge } from "./eventbridge/service.ts";
import { createLambda, type Lambda } from "./lambda/service.ts";
import { packageRoot } from "./package-root.ts";
import { secretsManagerOfAccounts } from "./secrets-manager/accounts.ts";
import { createSecretsManager, type SecretsManager } from "./secrets-manager/service.ts";
import { createSns } from "./sns/service.ts";
import { createSqs, type Sqs } from "./sqs/service.ts";
import { deployTemplate, type TemplateDeployment } from "./template/deploy-template.ts";
import { readTemplate, TemplateError } from "./template/read-template.ts";
import { startVault, type LocalVault } from "./vault/server.ts";

export interface StackOptions {
  /** 0, the default, takes a free port; the same for Vault. */
  readonly awsPort?: number;
  readonly vaultPort?: number;
  /** Names that requests may give this host, besides those of loopback: `name` or `name:port`. Default: none. */
  readonly allowedHosts?: readonly string[];
  /** Vault's root token. Default `root`. */
  readonly vaultToken?: string;
  /** Default `us-east-1`. */
  readonly region?: string;
  /** Default `123456789012`. */
  readonly accountId?: string;
  /** How often Secrets Manager tries a rotation in a row, and its first delay: 3 times and 60 s unless said. */
  readonly rotationRetry?: { readonly attempts: number; readonly delayMs: number };
  /** One of the stack's own when absent; a given one is the caller's to stop. */
  readonly clock?: Clock;
}

export interface DeployOptions {
  /** Default: the repository's `template.yaml`. */
  readonly templatePath?: string;
  /** The template's parameters, over those that fit the local stack (see `Stack.deploy`). */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Variables that every function gets besides the template's. */
  readonly environment?: Readonly<Record<string, string>>;
  /** `rekey` unless said; a second stack beside the first needs a name of its own. */
  readonly stackName?: string;
}

export interface Stack {
  /** Endpoint, faults, principals and requests of everything that is AWS. */
  readonly aws: AwsFront;
  readonly region: string;
  readonly accountId: string;
  /** What an SDK client is made with, as the account's administrator. */
  readonly clientConfig: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
  readonly vault: LocalVault;
  readonly clock: Clock;
  readonly secretsManager: SecretsManager;
  readonly eventBridge: EventBridge;
  readonly sqs: Sqs;
  readonly lambda: Lambda;
  /**
   * Deploys a template with its functions' built bundles. The repository's own is told where the local Vault is, and logs
   * in there with the root token, which is put into the secret `rekey/vault` for that; `parameters` can say otherwise.
   */
  deploy(options?: DeployOptions): Promise<TemplateDeployment>;
  /** Ends every server, worker, timer and connection. */
  stop(): Promise<void>;
}

const repositoryTemplate = resolve(packageRoot, "template.yaml");

/** The whole local stack on loopback: AWS's services behind one endpoint, and Vault. Errors: `option-invalid`. */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const { region = "us-east-1", accountId = "123456789012", awsPort = 0, vaultPort = 0, vaultToken = "root" } = options;
  const { allowedHosts = [] } = options;
  const clock = options.clock ?? movableClock();
  const faults = createFaults();
  const principals = createPrincipals(accountId);
  const { deliver, connect } = createDeliveries(faults, accountId);
  const endpoint = (): string => aws.endpoint;
  const place = { clock, region, accountId };

  const sqs = createSqs({ ...place, endpoint });
  const sns = createSns({ ...place, deliver });
  const lambda = createLambda({ ...place, deliver, endpoint, principals });
  const eventBridge = createEventBridge({ ...place, deliver });
  const cloudTrail = createCloudTrail({ accountId });
  const tellDefaultBus = (event: BusEvent): void => {
    cloudTrail.noteEvent(event, clock.now());
    eventBridge.emit(event);
  };
  const logs = createCloudWatchLogs({ region, accountId, lines: () => lambda.logs });
  const secretsManager = secretsManagerOfAccounts(accountId, (account) =>
    createSecretsManager({
      clock,
      accountId: account,
      functions: lambda,
      // Another account's events go to buses of its own, which are not here.
      ...(account === accountId ? { emit: tellDefaultBus } : {}),
      ...(options.rotationRetry === undefined ? {} : { retry: options.rotationRetry }),
    }),
  );
  const services = [secretsManager, eventBridge, sqs, sns, lambda, createDynamoDb(place), cloudTrail, logs];
  for (const target of [sqs, sns, lambda, eventBridge]) connect(target);

  const vault = await startVault({ port: vaultPort, rootToken: vaultToken, clock, allowedHosts });
  const onRequest = (request: RequestRecord): void => cloudTrail.noteCall(request, clock.now());
  const aws = await startAwsFront({
    services,
    accountId,
    port: awsPort,
    allowedHosts,
    faults,
    principals,
    onRequest,
  }).catch(async (error: unknown) => {
    await vault.stop();
    throw error;
  });

  const call = async (name: string, operation: string, input: Members): Promise<Members> => {
    const service: AwsService | undefined = services.find((candidate) => candidate.name === name);
    const http = { method: "POST", path: "/", headers: {}, body: Buffer.alloc(0) };
    const reply = await service?.handle({ operation, input, region, principal: principals.administrator, http });
    return isMembers(reply?.body) ? reply.body : {};
  };
  const mapQueue = (functionName: string, queueArn: string, properties: Members): void => {
    const queue = sqs.queue(queueArn);
    if (queue === undefined) throw new TemplateError(`there is no queue ${queueArn}`);
    const batchSize = optionalInteger(properties, "BatchSize");
    const windowSeconds = optionalInteger(properties, "MaximumBatchingWindowInSeconds");
    const maximumConcurrency = optionalInteger(record(properties, "ScalingConfig"), "MaximumConcurrency");
    lambda.mapQueue(functionName, queue, {
      reportBatchItemFailures: textList(properties, "FunctionResponseTypes").includes("ReportBatchItemFailures"),
      ...(batchSize === undefined ? {} : { batchSize }),
      ...(windowSeconds === undefined ? {} : { batchWindowMs: windowSeconds * 1000 }),
      ...(maximumConcurrency === undefined ? {} : { maximumConcurrency }),
    });
  };
  /** Only the parameters that the template has: another template may know nothing of a Vault. */
  const localParameters = async (declared: Members): Promise<Record<string, string>> => {
    if (!("VaultCredentialSecretArn" in declared)) return {};
    const secret = { Name: "rekey/vault", SecretString: vault.rootToken, ClientRequestToken: crypto.randomUUID() };
    const { ARN } = await call("secretsmanager", "CreateSecret", secret);
    return {
      SecretArnPattern: `arn:aws:secretsmanager:${region}:${accountId}:secret:*`,
      VaultAddress: vault.address,
      VaultAuth: "token",
      VaultCredentialSecretArn: String(ARN),
    };
  };

  return {
    aws,
    region,
    accountId,
    clientConfig: {
      endpoint: aws.endpoint,
      region,
      credentials: { accessKeyId: "local", secretAccessKey: "local" },
    },
    vault,
    clock,
    secretsManager,
    eventBridge,
    sqs,
    lambda,
    async deploy({ templatePath = repositoryTemplate, parameters = {}, environment = {}, stackName = "rekey" } = {}) {
      const template = readTemplate(await readFile(templatePath, "utf8"));
      const own = optionalText(parameters, "VaultCredentialSecretArn") === undefined;
      const defaults = {
        // Who runs the stack may send to its queues.
        ...("OperatorRoleArns" in template.Parameters ? { OperatorRoleArns: principals.administrator.arn } : {}),
        ...(own ? await localParameters(template.Parameters) : {}),
      };
      return deployTemplate(template, {
        region,
        accountId,
        parameters: { ...defaults, ...parameters },
        provider: {
          stackName,
          accountId,
          roles: new Map(),
          call,
          deployFunction: async (definition) => lambda.deploy(definition),
          mapQueue,
          path: (relative) => resolve(dirname(templatePath), relative),
          environment,
        },
      });
    },
    async stop() {
      sqs.stop();
      await lambda.stop();
      await Promise.all([aws.stop(), vault.stop()]);
      if (options.clock === undefined) clock.stop();
    },
  };
}
