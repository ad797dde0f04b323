import { randomUUID } from "node:crypto";
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { vi } from "vitest";
import { type EmbeddedPostgres, startPostgres } from "../../local/postgres/embedded-postgres.ts";
import { createAuthority } from "../../shared/testing/engine-contract/certificates.ts";
import { type AwsUnderTest, startLocalStack } from "./aws-servers.ts";
import { type Handler, loadFunction } from "./function-bundle.ts";
import { type PasswordCollector, startPasswordCollector } from "./password-collector.ts";
import { logsIn } from "./postgres-login.ts";

type Fields = Readonly<Record<string, unknown>>;
const steps = ["createSecret", "setSecret", "testSecret", "finishSecret"] as const;
export type Step = (typeof steps)[number] | "retirePrevious";

/**
 * A real PostgreSQL with an admin and a victim, an attacker's server next to it, and the built rotation function between them.
 * The attacker's certificate is of the attacker's own authority, which the function does not know.
 */
export interface AttackStage {
  readonly aws: AwsUnderTest;
  readonly postgres: EmbeddedPostgres;
  readonly attacker: PasswordCollector;
  /** Of both servers: what an attacker who knows the real one's authority can have a secret trust. */
  readonly bothAuthorities: string;
  /** Members of a secret that lead to the real server, and to the attacker's. */
  readonly real: Fields;
  readonly evil: Fields;
  /** Neither may ever reach the attacker: the admin's password, and the victim's. */
  readonly canaries: readonly string[];
  /** Without a host, as RDS makes it; and one with the host and port of the real server. */
  readonly adminArn: string;
  readonly hostedAdminArn: string;
  /** Of another tenant, with the victim's password. */
  readonly victimArn: string;
  /** Makes a user of the real server and returns its password. */
  createUser(username: string, attributes?: string): Promise<string>;
  createSecret(name: string, value: Fields, tags?: Readonly<Record<string, string>>): Promise<string>;
  /** PutSecretValue, as whoever may write the secret does. */
  put(secretId: string, value: Fields): Promise<void>;
  value(secretId: string, label?: string): Promise<Fields>;
  /** The VersionId that is current. */
  currentVersion(secretId: string): Promise<string>;
  /** Begins a rotation and returns its version. */
  begin(secretId: string): Promise<string>;
  /** Runs one step. Returns the error's message, or `done`. */
  step(step: Step, secretId: string, versionId: string): Promise<string>;
  /** Begins a rotation and runs its steps until one fails, `between` before each. Returns that step's message, or `done`. */
  rotate(secretId: string, between?: (step: Step) => Promise<void>): Promise<string>;
  logsIn(username: string, password: string): Promise<boolean>;
  stop(): Promise<void>;
}

/** `grants`: the function's variables, given what there is to grant. */
export async function startAttackStage(
  grants: (on: { readonly adminArn: string; readonly target: string }) => Readonly<Record<string, string>> = () => ({}),
): Promise<AttackStage> {
  const authority = createAuthority("the function's own");
  const attackersAuthority = createAuthority("the attacker's");
  const issued = authority.issue({ addresses: ["127.0.0.1"] });
  const [postgres, attacker, aws] = await Promise.all([
    startPostgres({ certificate: issued }),
    startPasswordCollector(attackersAuthority.issue({ addresses: ["127.0.0.1"] })),
    startLocalStack(),
  ]);
  const client = new SecretsManagerClient(aws.clientConfig);
  const real = { engine: "postgres", host: postgres.host, port: postgres.port, dbname: "postgres" };
  const evil = { ...real, port: attacker.port, ssl: true, sslrootcert: attackersAuthority.certificate };
  const { password: adminPassword } = postgres.superuser;
  const victimPassword = `canary-${randomUUID()}`;
  await postgres.admin(`CREATE ROLE victim LOGIN BYPASSRLS PASSWORD '${victimPassword}'`);

  const createSecret: AttackStage["createSecret"] = async (name, value, tags = {}) => {
    const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
    const command = new CreateSecretCommand({ Name: name, SecretString: JSON.stringify(value), Tags });
    return (await client.send(command)).ARN ?? "";
  };
  const adminArn = await createSecret("admin", postgres.superuser);
  const hosted = { ...postgres.superuser, engine: "postgres", host: postgres.host, port: postgres.port };
  const hostedAdminArn = await createSecret("hosted-admin", hosted);
  const victimArn = await createSecret("victim", { username: "victim", password: victimPassword });
  const target = `${postgres.host}:${postgres.port}`;
  const handler: Handler = await loadFunction("rotate-postgres", aws, {
    EVENT_BUS_NAME: "default",
    REKEY_TLS_CA: authority.certificate,
    REKEY_ADMIN_SECRETS: `${adminArn},${hostedAdminArn}`,
    ...grants({ adminArn, target }),
  });

  const stage: AttackStage = {
    aws,
    postgres,
    attacker,
    bothAuthorities: authority.certificate + attackersAuthority.certificate,
    real,
    evil,
    canaries: [adminPassword, victimPassword],
    adminArn,
    hostedAdminArn,
    victimArn,
    async createUser(username, attributes = "") {
      const password = `canary-${randomUUID()}`;
      await postgres.admin(`CREATE ROLE "${username}" LOGIN ${attributes} PASSWORD '${password}'`);
      return password;
    },
    createSecret,
    async put(secretId, value) {
      await client.send(new PutSecretValueCommand({ SecretId: secretId, SecretString: JSON.stringify(value) }));
    },
    async value(secretId, label = "AWSCURRENT") {
      const read = await client.send(new GetSecretValueCommand({ SecretId: secretId, VersionStage: label }));
      return JSON.parse(read.SecretString ?? "{}") as Fields;
    },
    async currentVersion(secretId) {
      return (await client.send(new GetSecretValueCommand({ SecretId: secretId }))).VersionId ?? "";
    },
    async begin(secretId) {
      const rules = { RotationLambdaARN: aws.idleFunctionArn, RotationRules: { AutomaticallyAfterDays: 30 } };
      const token = randomUUID();
      await client.send(new RotateSecretCommand({ SecretId: secretId, ClientRequestToken: token, ...rules }));
      return token;
    },
    async step(step, secretId, versionId) {
      const event = { Step: step, SecretId: secretId, ClientRequestToken: versionId, Adopted: true };
      return handler(event).then(
        () => "done",
        (error: unknown) => String(error),
      );
    },
    async rotate(secretId, between = async () => undefined) {
      const { ARN = "" } = await client.send(new DescribeSecretCommand({ SecretId: secretId }));
      const versionId = await stage.begin(ARN);
      for (const step of steps) {
        await between(step);
        const outcome = await stage.step(step, ARN, versionId);
        if (outcome !== "done") return outcome;
      }
      return "done";
    },
    logsIn: async (username, password) => logsIn(postgres, username, password),
    async stop() {
      vi.unstubAllEnvs();
      client.destroy();
      await Promise.all([aws.stop(), attacker.stop(), postgres.stop()]);
    },
  };
  return stage;
}
