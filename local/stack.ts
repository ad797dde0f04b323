import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { createDeliveries } from "./aws/delivery.ts";
import { createFaults } from "./aws/faults.ts";
import { startAwsFront, type AwsFront } from "./aws/front.ts";
import { isMembers, type Members } from "../shared/answers/members.ts";
import { optionalText } from "./aws/members.ts";
import { createPrincipals } from "./aws/principals.ts";
import type { AwsService, BusEvent } from "./aws/service.ts";
import { movableClock, type Clock } from "./clock.ts";
import { createCloudTrail } from "./cloudtrail/service.ts";
import { createCloudWatch } from "./cloudwatch/service.ts";
import { createCloudWatchLogs } from "./cloudwatch-logs/service.ts";
import { createCloudFormation } from "./cloudformation/service.ts";
import { createElastiCache } from "./elasticache/service.ts";
import { type RedisServer, redisUsers } from "./elasticache/redis-users.ts";
import { createDynamoDb } from "./dynamodb/service.ts";
import { createEventBridge, type EventBridge } from "./eventbridge/service.ts";
import { createIam, type Iam } from "./iam/service.ts";
import { createMemoryDb } from "./memorydb/service.ts";
import { createKms, type Kms } from "./kms/service.ts";
import type { AccountConcurrency } from "./lambda/reserved-concurrency.ts";
import { createLambda, type Lambda } from "./lambda/service.ts";
import { packageRoot } from "./package-root.ts";
import { createS3 } from "./s3/service.ts";
import { secretsManagerOfAccounts } from "./secrets-manager/accounts.ts";
import { createSecretsManager, type SecretsManager } from "./secrets-manager/service.ts";
import { createSns } from "./sns/service.ts";
import { createSqs, type Sqs } from "./sqs/service.ts";
import { createCodeFolders } from "./template/code-folder.ts";
import type { TemplateDeployment } from "./template/deploy-template.ts";
import { createRoles } from "./template/kinds/roles.ts";
import { readTemplate } from "../deploy/reading/read-template.ts";
import { createStacks, type Stacks } from "./template/stacks.ts";
import { stackProvider } from "./template/stack-provider.ts";
import { templateReader } from "./template/template-location.ts";
import { startVault, type LocalVault } from "./vault/server.ts";
import { defined } from "../shared/secrets/defined.ts";

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
  /** What Lambda runs at once in the account: 1,000, of which 100 cannot be reserved, by default. */
  readonly concurrency?: AccountConcurrency;
  /** Where paths of functions' code are relative to in templates that come by CloudFormation's API: the package's own. */
  readonly codeRoot?: string;
  /** Whether the account has a trail, without which CloudTrail's records are no events. Default: it has one. */
  readonly trail?: boolean;
  /** Where the users of ElastiCache and MemoryDB log in; without one they stand in the services' books alone. */
  readonly cacheServer?: RedisServer;
  /** How long a change of such a user takes. Default: 1 s. */
  readonly cacheModifyingMs?: number;
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
  /** Default: `rekey`. A stack that stands is updated. */
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
  readonly kms: Kms;
  readonly iam: Iam;
  /** CloudFormation's stacks, however they were deployed. */
  readonly stacks: Stacks;
  /** What alarms, log groups, networks and the like stand in the account's books, by type and name. */
  readonly recorded: ReadonlyMap<string, Members>;
  /** Says that the code which a template looks for in a bucket lies in a folder, as the assets of a CDK app do. */
  useCode(bucket: string, key: string, folder: string): void;
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
  const endpoint = (): string => aws.endpoint;
  const place = { clock, region, accountId };
  const kms = createKms(place);
  const iam = createIam({ clock, accountId, principals });
  const { deliver, connect } = createDeliveries(faults, accountId, kms.refusal);

  const sqs = createSqs({ ...place, endpoint });
  const sns = createSns({ ...place, deliver });
  const lambda = createLambda({
    ...place,
    deliver,
    endpoint,
    principals,
    ...defined({ concurrency: options.concurrency }),
  });
  const eventBridge = createEventBridge({ ...place, deliver });
  const cloudTrail = createCloudTrail({
    accountId,
    nowMs: () => clock.now(),
    ...(options.trail === false ? {} : { emit: (event, place) => eventBridge.emit(event, place) }),
  });
  const logs = createCloudWatchLogs({ region, accountId, lines: () => lambda.logs });
  const tell = (event: BusEvent): void => {
    if (event["detail-type"].endsWith("via CloudTrail")) cloudTrail.noteEvent(event);
    else eventBridge.emit(event);
  };
  const secretsManager = secretsManagerOfAccounts(accountId, (account) =>
    createSecretsManager({
      clock,
      accountId: account,
      functions: lambda,
      // Another account's events go to buses of its own, which are not here.
      ...(account === accountId ? { emit: tell } : {}),
      ...defined({ retry: options.rotationRetry }),
    }),
  );
  const s3 = createS3({ clock });
  const dynamoDb = createDynamoDb(place);
  const caches = {
    ...place,
    modifyingMs: options.cacheModifyingMs ?? 1_000,
    server: options.cacheServer && redisUsers(options.cacheServer),
  };
  const recorded = new Map<string, Members>();
  const code = createCodeFolders(s3.object);
  const readAt = templateReader(s3.object);
  const stacks: Stacks = createStacks({
    ...place,
    provider: (there, request) =>
      stackProvider(there, request, { call, lambda, kms, sqs, roles, recorded, code, readAt, stacks: () => stacks }),
  });
  const roles = createRoles();
  const cloudFormation = createCloudFormation({ ...place, stacks, readAt, folder: options.codeRoot ?? packageRoot });
  const trailed = cloudTrail.recording(secretsManager);
  const alarmNames = (): readonly string[] =>
    [...recorded.keys()].flatMap((entry) => /^AWS::CloudWatch::Alarm (.*)$/u.exec(entry)?.[1] ?? []);
  const cloudWatch = createCloudWatch({ ...place, names: alarmNames });
  const forDeploying = [kms, s3, cloudFormation, cloudWatch];
  const services = [
    iam,
    trailed,
    eventBridge,
    sqs,
    sns,
    lambda,
    dynamoDb,
    cloudTrail,
    logs,
    ...forDeploying,
    createElastiCache(caches),
    createMemoryDb(caches),
  ];
  for (const target of [sqs, sns, lambda, eventBridge]) connect(target);

  const vault = await startVault({ port: vaultPort, rootToken: vaultToken, clock, allowedHosts });
  const aws = await startAwsFront({
    services,
    accountId,
    port: awsPort,
    allowedHosts,
    faults,
    principals,
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
  let vaultSecretMade: Promise<Members> | undefined;
  const vaultSecret = async (): Promise<Members> => {
    const secret = { Name: "rekey/vault", SecretString: vault.rootToken, ClientRequestToken: crypto.randomUUID() };
    vaultSecretMade ??= call("secretsmanager", "CreateSecret", secret);
    return vaultSecretMade;
  };
  /** Only the parameters that the template has: another template may know nothing of a Vault. */
  const localParameters = async (declared: Members): Promise<Record<string, string>> => {
    if (!("VaultCredentialSecretArn" in declared)) return {};
    const { ARN } = await vaultSecret();
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
    kms,
    iam,
    stacks,
    recorded,
    async deploy({ templatePath = repositoryTemplate, parameters = {}, environment = {}, stackName = "rekey" } = {}) {
      const body = await readFile(templatePath, "utf8");
      const template = readTemplate(body);
      const own = optionalText(parameters, "VaultCredentialSecretArn") === undefined;
      const defaults = {
        // Who runs the stack may send to its queues.
        ...("OperatorRoleArns" in template.Parameters ? { OperatorRoleArns: principals.administrator.arn } : {}),
        ...(own ? await localParameters(template.Parameters) : {}),
      };
      return stacks.deploy({
        name: stackName,
        body,
        folder: dirname(templatePath),
        parameters: { ...defaults, ...parameters },
        environment,
      });
    },
    useCode: code.add,
    async stop() {
      sqs.stop();
      await lambda.stop();
      await Promise.all([aws.stop(), vault.stop(), code.stop()]);
      if (options.clock === undefined) clock.stop();
    },
  };
}
