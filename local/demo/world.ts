import { randomUUID } from "node:crypto";
import { CreateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SNSClient } from "@aws-sdk/client-sns";
import { SQSClient } from "@aws-sdk/client-sqs";
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
  createSecret(name: string, value: object): Promise<string>;
  stop(): Promise<void>;
}

export async function startWorld(): Promise<World> {
  const stops: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of stops.splice(0).reverse()) await end();
  };
  try {
    const postgres = await startPostgres();
    stops.push(postgres.stop);
    const stack = await startStack({ vaultToken: randomUUID() });
    stops.push(async () => stack.stop());
    const settings = {
      endpoint: stack.aws.endpoint,
      region: stack.region,
      credentials: { accessKeyId: "demo", secretAccessKey: "demo" },
    };
    const secretsManager = new SecretsManagerClient(settings);
    const sqs = new SQSClient(settings);
    const sns = new SNSClient(settings);
    stops.push(async () => {
      for (const client of [secretsManager, sqs, sns]) client.destroy();
    });
    const createSecret = async (name: string, value: object): Promise<string> => {
      const command = new CreateSecretCommand({ Name: name, SecretString: JSON.stringify(value) });
      return (await secretsManager.send(command)).ARN ?? "";
    };
    const adminArn = await createSecret("demo/admin", {
      ...postgres.superuser,
      engine: "postgres",
      host: postgres.host,
    });
    const { outputs } = await stack.deploy({ parameters: { AdminSecretArns: adminArn } });
    return { postgres, stack, outputs, adminArn, secretsManager, sqs, sns, createSecret, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
