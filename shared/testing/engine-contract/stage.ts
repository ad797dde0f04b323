import { randomUUID } from "node:crypto";
import {
  CancelRotateSecretCommand,
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import type { UserGrant } from "../../rotation/grants.ts";
import type { RotationRequest } from "../../ports/rotation.ts";
import { parseRotationRequest } from "../../rotation/request.ts";
import { parseDatabaseSecret } from "../../secrets/database-secret.ts";
import { generatePassword } from "../../secrets/password.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import { type Containers, createContainers, type StepOutcome } from "./containers.ts";
import {
  type Account,
  type EngineFixture,
  type EngineServer,
  freshName,
  type SecretFields,
  type Variant,
} from "./fixture.ts";
import { type LocalAws, rotationFunctionArn, startLocalAws } from "./local-aws.ts";
import { createWire, type Wire } from "./wire.ts";
import { startWireProxy, type WireProxy } from "./wire-proxy.ts";
import { acceptExperimentalTag, alternateUserTag, strategyTag } from "../../tags/tag-names.ts";

export interface StageSecret {
  readonly id: string;
  /** The account that AWSCURRENT named when the secret was made. */
  readonly account: Account;
}

/** A server behind a proxy, Secrets Manager and EventBridge on loopback, and rekey's rotation between them. */
export interface Stage {
  readonly server: EngineServer;
  readonly wire: Wire;
  readonly proxy: WireProxy;
  readonly aws: LocalAws;
  readonly containers: Containers;
  /** Every step so far. */
  readonly outcomes: readonly StepOutcome[];
  /** Those that users were made with. */
  readonly passwords: readonly string[];
  /** Steps after which neither AWSCURRENT nor AWSPENDING logged in; looked for only while `watches`. */
  readonly lockOuts: readonly string[];
  watches: boolean;
  /** Called before each step that Secrets Manager invokes. */
  beforeStep: (request: RotationRequest) => Promise<void>;
  /** Makes a user and its secret. `fields` stand above the usual ones. */
  newSecret(variant: Variant, options?: Partial<Account> & { readonly fields?: SecretFields }): Promise<StageSecret>;
  /** RotateSecret, and the steps of the first attempt. Returns the version's id. */
  begin(secretId: string): Promise<string>;
  /** RotateSecret, and every attempt that Secrets Manager makes. Returns the version's id. */
  rotate(secretId: string): Promise<string>;
  /** Runs one step by hand. */
  step(step: StepOutcome["step"], secretId: string, versionId: string): Promise<StepOutcome>;
  /** What a human does who gives up: takes AWSPENDING off this version, wherever it is. */
  giveUp(secretId: string, versionId: string): Promise<void>;
  /** Ends the rotation of this secret for good. */
  cancel(secretId: string): Promise<void>;
  /** Puts this value under a version and label by hand. */
  put(secretId: string, value: string, label: string, versionId?: string): Promise<void>;
  read(secretId: string, label: string): Promise<string | undefined>;
  /** AWS's own staging labels of each version. */
  labels(secretId: string): Promise<Readonly<Record<string, readonly string[]>>>;
  /** Whether the server takes the version with this label. */
  logsIn(secretId: string, label: string): Promise<boolean>;
  stop(): Promise<void>;
}

const freshPassword = (): string => generatePassword({ charset: "url", length: 32 }).reveal();

/**
 * `adminTrust`: how an admin login verifies the server, as members of the admin secret. Default: as the server's own secrets
 * do.
 */
export async function startStage(
  fixture: EngineFixture,
  server: EngineServer,
  adminTrust: SecretFields = { ssl: server.fields["ssl"], sslrootcert: server.fields["sslrootcert"] },
): Promise<Stage> {
  const wire = createWire();
  const proxy = await startWireProxy(wire, server);
  const outcomes: StepOutcome[] = [];
  const lockOuts: string[] = [];
  const passwords: string[] = [];
  /** Secrets lead to the server through the proxy; a test may lead one there directly. */
  const host = server.hostInSecrets ?? "127.0.0.1";
  const targets = [
    { host, port: proxy.port },
    { host: server.host, port: server.port },
  ];
  const users = new Map<string, readonly UserGrant[]>();
  let adminArn: string | undefined;
  const containers = createContainers(fixture, () => ({
    ...aws,
    grants: {
      admins: new Map(adminArn === undefined ? [] : [[adminArn, targets]]),
      adminTls: "verify-full",
      users,
    },
  }));

  const aws: LocalAws = await startLocalAws(wire, async (_arn, event) => {
    const request = parseRotationRequest(event);
    await stage.beforeStep(request);
    const outcome = await containers.invoke(request);
    outcomes.push(outcome);
    if (stage.watches && !(await someLabelLogsIn(request.secretId))) {
      lockOuts.push(`${request.step} ${outcome.code ?? "done"}`);
    }
    wire.revive();
    if (outcome.code === undefined) return { ok: true, payload: null };
    return { ok: false, errorType: outcome.code, errorMessage: "" };
  });

  const create = async (name: string, value: SecretFields, tags: SecretFields = {}): Promise<string> => {
    const { ARN = "" } = await aws.own.send(
      new CreateSecretCommand({
        Name: name,
        SecretString: JSON.stringify(value),
        Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value: String(Value) })),
      }),
    );
    return ARN;
  };
  const someLabelLogsIn = async (secretId: string): Promise<boolean> =>
    (await stage.logsIn(secretId, "AWSCURRENT")) ||
    (await stage.logsIn(secretId, "AWSPENDING")) ||
    (server.logsInElsewhere !== undefined && (await server.logsInElsewhere(await userOf(secretId))));
  const userOf = async (secretId: string): Promise<string> =>
    parseDatabaseSecret(new SecretValue((await stage.read(secretId, "AWSCURRENT")) ?? "{}")).username;

  const stage: Stage = {
    server,
    wire,
    proxy,
    aws,
    containers,
    outcomes,
    passwords,
    lockOuts,
    watches: false,
    beforeStep: async () => undefined,
    newSecret: async (variant, { username: name = freshName(fixture), password = freshPassword(), fields = {} } = {}) =>
      wire.aside(async () => {
        const username = server.usernameOf?.(name) ?? name;
        const account = { username, password };
        passwords.push(password);
        const own = await server.createUser(account);
        const value = {
          ...server.fields,
          host,
          port: proxy.port,
          ...account,
          ...(variant.usesAdmin ? { masterarn: adminArn } : {}),
          ...own,
          ...fields,
        };
        const secretName = randomUUID();
        const alternate = variant.tags?.[alternateUserTag];
        const granted = alternate === undefined ? [username] : [username, alternate];
        users.set(
          secretName,
          granted.flatMap((user) => targets.map((target) => ({ username: user, ...target }))),
        );
        const id = await create(secretName, value, {
          [strategyTag]: variant.strategy,
          ...(fixture.engine.isExperimental === true ? { [acceptExperimentalTag]: "true" } : {}),
          ...variant.tags,
        });
        return { id, account };
      }),
    async begin(secretId) {
      const { VersionId = "" } = await wire.aside(async () =>
        aws.own.send(
          new RotateSecretCommand({
            SecretId: secretId,
            RotationLambdaARN: rotationFunctionArn,
            ClientRequestToken: randomUUID(),
          }),
        ),
      );
      await aws.idle();
      return VersionId;
    },
    async rotate(secretId) {
      const versionId = await stage.begin(secretId);
      await aws.retry();
      return versionId;
    },
    async step(step, secretId, versionId) {
      const outcome = await containers.invoke({ step, secretId, versionId });
      outcomes.push(outcome);
      return outcome;
    },
    giveUp: async (secretId, versionId) =>
      wire.aside(async () => {
        const held = (await stage.labels(secretId))[versionId] ?? [];
        if (!held.includes("AWSPENDING")) return;
        await aws.own.send(
          new UpdateSecretVersionStageCommand({
            SecretId: secretId,
            VersionStage: "AWSPENDING",
            RemoveFromVersionId: versionId,
          }),
        );
      }),
    cancel: async (secretId) =>
      wire.aside(async () => {
        await aws.own.send(new CancelRotateSecretCommand({ SecretId: secretId }));
      }),
    put: async (secretId, value, label, versionId = randomUUID()) =>
      wire.aside(async () => {
        await aws.own.send(
          new PutSecretValueCommand({
            SecretId: secretId,
            SecretString: value,
            VersionStages: [label],
            ClientRequestToken: versionId,
          }),
        );
      }),
    read: async (secretId, label) =>
      wire.aside(async () => {
        const command = new GetSecretValueCommand({ SecretId: secretId, VersionStage: label });
        return (await aws.own.send(command).catch(() => undefined))?.SecretString;
      }),
    labels: async (secretId) =>
      wire.aside(async () => {
        const { VersionIdsToStages = {} } = await aws.own.send(new DescribeSecretCommand({ SecretId: secretId }));
        const isOfAws = (label: string): boolean => label.startsWith("AWS");
        return Object.fromEntries(Object.entries(VersionIdsToStages).map(([id, held]) => [id, held.filter(isOfAws)]));
      }),
    async logsIn(secretId, label) {
      const value = await stage.read(secretId, label);
      if (value === undefined) return false;
      const { username, password } = parseDatabaseSecret(new SecretValue(value));
      return server.accepts({ username, password: password.reveal() });
    },
    async stop() {
      await aws.stop();
      await proxy.stop();
    },
  };
  if (server.admin !== undefined) adminArn = await create("admin", { ...server.admin, ...adminTrust });
  return stage;
}
