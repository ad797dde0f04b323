import { randomUUID } from "node:crypto";
import { CreateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { type AwsFront, startAwsFront } from "../aws/front.ts";
import { type Clock, movableClock } from "../clock.ts";
import type { EventEnvelope } from "../eventbridge/put-events.ts";
import { createEventBridge } from "../eventbridge/service.ts";
import { type EmbeddedPostgres, startPostgres } from "../postgres/embedded-postgres.ts";
import { createSecretsManager, type SecretsManager } from "../secrets-manager/service.ts";
import { type LocalVault, startVault } from "../vault/server.ts";
import { type FunctionHost, hostFunction } from "./function-host.ts";

/** Everything that the demo runs against, on free loopback ports. */
export interface World {
  readonly clock: Clock;
  readonly postgres: EmbeddedPostgres;
  readonly vault: LocalVault;
  readonly aws: AwsFront;
  readonly secretsManager: SecretsManager;
  readonly sdk: SecretsManagerClient;
  readonly functionArn: string;
  /** What the functions wrote to their logs. */
  readonly functionLog: readonly string[];
  createSecret(name: string, value: object): Promise<string>;
  onRotated(listener: (event: EventEnvelope) => void): void;
  /** Hands an event to mirror-to-vault as its queue does. Returns the identifiers that failed. */
  mirror(event: EventEnvelope): Promise<unknown>;
  stop(): Promise<void>;
}

const accountId = "123456789012";
const region = "us-east-1";
const functionTimeoutMs = 30_000;
const bundleOf = (name: string): URL => new URL(`../../dist/functions/${name}/index.mjs`, import.meta.url);

export async function startWorld(): Promise<World> {
  const clock = movableClock();
  const stops: (() => Promise<unknown>)[] = [async () => clock.stop()];
  const stop = async (): Promise<void> => {
    for (const end of stops.splice(0).reverse()) await end();
  };
  try {
    const postgres = await startPostgres();
    stops.push(postgres.stop);
    const vault = await startVault({ clock, rootToken: randomUUID() });
    stops.push(async () => vault.stop());

    const functionArn = `arn:aws:lambda:${region}:${accountId}:function:rotate-postgres`;
    let rotate: FunctionHost | undefined;
    const functions = {
      mayInvoke: (arn: string) => arn === functionArn,
      invoke: async (_arn: string, event: unknown) =>
        rotate === undefined
          ? ({ ok: false, errorType: "NotDeployed", errorMessage: "" } as const)
          : rotate.invoke(event),
    };
    const eventBridge = createEventBridge({ clock, region, accountId, deliver: async () => undefined });
    const secretsManager = createSecretsManager({ clock, accountId, functions, emit: eventBridge.emit });
    const aws = await startAwsFront({ accountId, services: [secretsManager, eventBridge] });
    stops.push(aws.stop);
    const credentials = { accessKeyId: "demo", secretAccessKey: "demo" };
    const sdk = new SecretsManagerClient({ endpoint: aws.endpoint, region, credentials });
    stops.push(async () => sdk.destroy());
    const createSecret = async (name: string, value: object | string): Promise<string> => {
      const SecretString = typeof value === "string" ? value : JSON.stringify(value);
      return (await sdk.send(new CreateSecretCommand({ Name: name, SecretString }))).ARN ?? "";
    };

    const admin = { ...postgres.superuser, engine: "postgres", host: postgres.host };
    const adminArn = await createSecret("demo/admin", admin);
    const vaultToken = await createSecret("demo/vault-token", vault.rootToken);
    const functionLog: string[] = [];
    const shared = {
      AWS_ENDPOINT_URL: aws.endpoint,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    };
    const host = (name: string, environment: Readonly<Record<string, string>>): FunctionHost => {
      const started = hostFunction({
        bundle: bundleOf(name),
        environment: { ...shared, ...environment },
        timeoutMs: functionTimeoutMs,
        log: (chunk) => functionLog.push(chunk),
      });
      stops.push(started.stop);
      return started;
    };
    rotate = host("rotate-postgres", { EVENT_BUS_NAME: "rekey", REKEY_ADMIN_SECRETS: adminArn });
    const mirror = host("mirror-to-vault", {
      VAULT_ADDR: vault.address,
      VAULT_AUTH: "token",
      VAULT_CREDENTIAL_SECRET: vaultToken,
    });

    return {
      clock,
      postgres,
      vault,
      aws,
      secretsManager,
      sdk,
      functionArn,
      functionLog,
      createSecret,
      onRotated: (listener) =>
        void eventBridge.onEvent((_bus, event) => {
          if (event["detail-type"] === "Secret Rotated") listener(event);
        }),
      async mirror(event) {
        const outcome = await mirror.invoke({ Records: [{ messageId: "1", body: JSON.stringify(event) }] });
        return outcome.ok ? outcome.payload : outcome;
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
