import { randomUUID } from "node:crypto";
import { CreateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SNSClient } from "@aws-sdk/client-sns";
import { SQSClient } from "@aws-sdk/client-sqs";
import { movableClock } from "../clock.ts";
import { type EmbeddedPostgres, startPostgres } from "../postgres/embedded-postgres.ts";
import { type Stack, startStack } from "../stack.ts";

/** Everything that the demo runs against, on free loopback ports, wired by the template that is deployed to AWS. */
export interface World {
  readonly postgres: EmbeddedPostgres;
  readonly stack: Stack;
  readonly outputs: Readonly<Record<string, string>>;
  readonly adminArn: string;
  readonly secretsManager: SecretsManagerClient;
  readonly sqs: SQSClient;
  readonly sns: SNSClient;
  createSecret(name: string, value: object, tags?: Readonly<Record<string, string>>): Promise<string>;
}

/** How far the demo moves the clock. */
const moveMs = 30 * 24 * 3_600_000;

/** What it starts, `cleanup` ends, whatever happens; an interruption is heeded between the parts. */
export async function startWorld(cleanup: AsyncDisposableStack, interruption: AbortSignal): Promise<World> {
  const postgres = await startPostgres();
  cleanup.defer(postgres.stop);
  interruption.throwIfAborted();
  // It begins in the past, so that what is shown in the end is of now.
  const clock = movableClock(Date.now() - moveMs);
  cleanup.defer(() => clock.stop());
  const stack = await startStack({ vaultToken: randomUUID(), clock });
  cleanup.defer(async () => stack.stop());
  interruption.throwIfAborted();
  const settings = {
    endpoint: stack.aws.endpoint,
    region: stack.region,
    credentials: { accessKeyId: "demo", secretAccessKey: "demo" },
  };
  const secretsManager = new SecretsManagerClient(settings);
  const sqs = new SQSClient(settings);
  const sns = new SNSClient(settings);
  cleanup.defer(() => {
    for (const client of [secretsManager, sqs, sns]) client.destroy();
  });
  const createSecret: World["createSecret"] = async (name, value, tags = {}) => {
    const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
    const command = new CreateSecretCommand({ Name: name, SecretString: JSON.stringify(value), Tags });
    return (await secretsManager.send(command)).ARN ?? "";
  };
  const admin = { ...postgres.superuser, engine: "postgres", host: postgres.host, port: postgres.port, ssl: false };
  const adminArn = await createSecret("demo/admin", admin);
  const { outputs } = await stack.deploy({ parameters: { AdminSecretArns: adminArn } });
  return { postgres, stack, outputs, adminArn, secretsManager, sqs, sns, createSecret };
}

/** What Vault says it holds, asked of Vault itself. */
export async function mirroredVersion(
  { stack: { vault } }: World,
  name: string,
): Promise<{ readonly versionId: string | undefined; readonly revision: string | undefined }> {
  const headers = { "X-Vault-Token": vault.rootToken };
  const text = await (await fetch(`${vault.address}/v1/secret/data/${name}`, { headers })).text();
  return {
    versionId: /"rekey_version_id":"([^"]+)"/.exec(text)?.[1],
    revision: /"version":(\d+)/.exec(text)?.[1],
  };
}
