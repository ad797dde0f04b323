import { IAMClient } from "@aws-sdk/client-iam";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { type AccountClients, awsAccount } from "../../shared/aws/account/aws-account.ts";
import { RekeyError } from "../../shared/errors/rekey-error.ts";
import type { DoctorPorts } from "../../shared/operations/doctor/doctor.ts";
import type { ExaminedRotation } from "../../shared/operations/doctor/rehearsed-engine.ts";
import { usersByFunction } from "../../shared/operations/doctor/managed-users.ts";
import { checkRotatedHere } from "../../shared/operations/by-hand/operator-request.ts";
import { silentPublisher } from "../../shared/aws/eventbridge/event-publisher.ts";
import type { CallOptions } from "../../shared/ports/call.ts";
import { readCurrent } from "../../shared/rotation/read-current.ts";
import type { SecretStore } from "../../shared/ports/secret-store.ts";
import { rotationMemory } from "../../shared/rotation/rotation-memory.ts";
import { defined } from "../../shared/secrets/defined.ts";
import { parseDatabaseSecret } from "../../shared/secrets/database-secret.ts";
import { generatePassword } from "../../shared/secrets/password.ts";
import { secretsManagerStore } from "../../shared/aws/secrets-manager/secret-store.ts";
import { environmentOf } from "../../shared/runtime/environment.ts";
import { rotationGrants } from "../../shared/runtime/rotation-grants.ts";
import { operatorLimits } from "../../shared/runtime/operator-limits.ts";
import { environmentProbe } from "../../shared/runtime/vault-mirror.ts";
import { engineNamed, type RotatableEngine } from "./engines.ts";
import { functionRoots } from "./function-roots.ts";
import { isolatedEngine } from "../isolation/isolated-engine.ts";
import { loginProcesses } from "../isolation/login-processes.ts";

export interface SecretWiring {
  readonly secretArn: string;
  /** Of the engine's function, below `functions`. */
  readonly folder: string;
  readonly rotatable: RotatableEngine;
  readonly deps: ExaminedRotation;
  readonly examined: DoctorPorts;
}

export const accountClients = (): AccountClients => ({
  lambda: new LambdaClient(operatorLimits),
  iam: new IAMClient(operatorLimits),
  secretsManager: new SecretsManagerClient(operatorLimits),
});

const processes = loginProcesses();

/** The store, for values of these secrets alone: the operator may read more than a rotation of this secret needs. */
function storeOf(store: SecretStore, secretArns: ReadonlySet<string>): SecretStore {
  const check = (secretId: string): void => {
    if (secretArns.has(secretId)) return;
    throw new RekeyError("admin-secret-refused", { context: { admin: secretId } });
  };
  return {
    ...store,
    async read(secretId, at, call) {
      check(secretId);
      return store.read(secretId, at, call);
    },
    async unlabelled(secretId, limit, call) {
      check(secretId);
      return store.unlabelled(secretId, limit, call);
    },
  };
}

/**
 * What the secret's rotation function, or the one that it is to have, is wired to: from the function's own configuration where
 * that may be read, else from here. Its engine logs in within processes of their own, and changes nothing.
 */
export async function wireSecret(
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
): Promise<SecretWiring> {
  const account = awsAccount(clients);
  const store = secretsManagerStore(clients.secretsManager);
  const description = await store.describe(secretId, call);
  checkRotatedHere(description);
  const { secretArn, rotationFunctionArn } = description;
  const current = await readCurrent(store, secretArn, call);
  const { folder, engine: driver, strategiesOn } = await engineNamed(parseDatabaseSecret(current.value).engine);
  const engine = isolatedEngine(driver, processes);
  const functionArn = functionToBe?.(secretArn, folder) ?? rotationFunctionArn;
  const facts = functionArn === undefined ? undefined : await account.rotationFunction(functionArn, call);
  const settings = environmentOf(facts === undefined ? variables : Object.fromEntries(facts.environment));
  const grants = rotationGrants(settings);
  const deps: ExaminedRotation = {
    store: storeOf(store, new Set([secretArn, ...grants.admins.keys()])),
    publisher: silentPublisher,
    engine,
    defaultStrategy: "single-user",
    ...strategiesOn(engine),
    strategiesOf: (one) => strategiesOn(one).strategies,
    grants,
    tlsCa: await functionRoots(settings, environmentOf(variables), store, call),
    generatePassword,
    memory: rotationMemory(),
    nowMs: Date.now,
    report: () => undefined,
  };
  const mirror = environmentProbe(environmentOf(variables), store);
  const users = usersByFunction({ account, store });
  return {
    secretArn,
    folder,
    rotatable: { engine, strategiesOn },
    deps,
    examined: { rotation: deps, account, users, ...defined({ mirror }) },
  };
}
