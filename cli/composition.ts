import { IAMClient } from "@aws-sdk/client-iam";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { type AccountClients, awsAccount } from "../shared/account/aws-account.ts";
import { RekeyError } from "../shared/errors/rekey-error.ts";
import type { Account, MirrorProbe } from "../shared/operations/doctor/account.ts";
import { silentPublisher } from "../shared/publishers/eventbridge.ts";
import type { RotationDependencies } from "../shared/rotation/dependencies.ts";
import type { CallOptions } from "../shared/rotation/ports.ts";
import { rotationMemory } from "../shared/rotation/rotation-memory.ts";
import { parseDatabaseSecret } from "../shared/secrets/database-secret.ts";
import { generatePassword } from "../shared/secrets/password.ts";
import { secretsManagerStore } from "../shared/stores/secrets-manager.ts";
import { environmentOf } from "../shared/runtime/environment.ts";
import { rotationGrants } from "../shared/runtime/rotation-grants.ts";
import { operatorLimits } from "../shared/runtime/operator-limits.ts";
import { environmentProbe } from "../shared/runtime/vault-mirror.ts";
import { engineNamed, type RotatableEngine } from "./engines.ts";

export interface Composed {
  readonly secretArn: string;
  /** Of the engine's function, below `functions`. */
  readonly folder: string;
  readonly rotatable: RotatableEngine;
  readonly deps: RotationDependencies;
  readonly account: Account;
  /** Where the caller's own `VAULT_…` variables, those of mirror-to-vault, name a Vault. */
  readonly mirror?: MirrorProbe;
}

export const accountClients = (): AccountClients => ({
  lambda: new LambdaClient(operatorLimits),
  iam: new IAMClient(operatorLimits),
  secretsManager: new SecretsManagerClient(operatorLimits),
});

/**
 * What the secret's rotation function, or the one that it is to have, is wired to: from the function's own configuration where
 * that may be read, else from here.
 */
export async function composeFor(
  secretId: string,
  variables: Readonly<Record<string, string | undefined>>,
  call: CallOptions,
  {
    clients = accountClients(),
    functionToBe,
  }: {
    readonly clients?: AccountClients;
    readonly functionToBe?: (secretArn: string, folder: string) => string;
  } = {},
): Promise<Composed> {
  const account = awsAccount(clients);
  const store = secretsManagerStore(clients.secretsManager);
  const { secretArn, rotationFunctionArn } = await store.describe(secretId, call);
  const current = await store.read(secretArn, { label: "AWSCURRENT" }, call);
  if (current === undefined) {
    throw new RekeyError("secret-not-found", { context: { secret: secretArn, label: "AWSCURRENT" } });
  }
  const { folder, ...rotatable } = await engineNamed(parseDatabaseSecret(current.value).engine);
  const functionArn = functionToBe?.(secretArn, folder) ?? rotationFunctionArn;
  const facts = functionArn === undefined ? undefined : await account.rotationFunction(functionArn, call);
  const configured = environmentOf(facts === undefined ? variables : Object.fromEntries(facts.environment));
  const mirror = environmentProbe(environmentOf(variables), store);
  const tlsCa = configured.text("REKEY_TLS_CA");
  return {
    secretArn,
    folder,
    rotatable,
    account,
    ...(mirror === undefined ? {} : { mirror }),
    deps: {
      store,
      publisher: silentPublisher,
      engine: rotatable.engine,
      defaultStrategy: "single-user",
      ...rotatable.strategiesOn(rotatable.engine),
      grants: rotationGrants(configured),
      ...(tlsCa?.includes("-----BEGIN") === true ? { tlsCa } : {}),
      generatePassword,
      memory: rotationMemory(),
      nowMs: Date.now,
      report: () => undefined,
    },
  };
}
