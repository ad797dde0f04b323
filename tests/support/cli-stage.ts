import { spawn } from "node:child_process";
import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import { expect } from "vitest";
import { startPostgres } from "../../local/postgres/embedded-postgres.ts";
import { type StackOptions, startStack } from "../../local/stack.ts";
import { rekeyMain, runRekey, type Transcript } from "./run-rekey.ts";
import { stackVariables } from "./stack-variables.ts";

/** The local stack with the template deployed, and a real PostgreSQL whose users' secrets are put into it. */
export async function startCliStage(options: Pick<StackOptions, "rotationRetry"> = {}) {
  const postgres = await startPostgres();
  const stack = await startStack(options);
  const secrets = new SecretsManager(stack.clientConfig);
  const { host, port } = postgres;
  const admin = JSON.stringify({ engine: "postgres", host, port, ssl: false, ...postgres.superuser });
  const masterarn = (await secrets.createSecret({ Name: "admin", SecretString: admin })).ARN ?? "";
  const { outputs } = await stack.deploy({ parameters: { AdminSecretArns: masterarn } });
  const functionArn = outputs["RotatePostgresArn"] ?? "";
  const variables: Readonly<Record<string, string>> = {
    ...stackVariables(stack),
    REKEY_ADMIN_SECRETS: masterarn,
  };
  const vault = { VAULT_ADDR: stack.vault.address, VAULT_AUTH: "token", VAULT_CREDENTIAL_SECRET: "rekey/vault" };

  /** What differs from run to run, by a name. */
  const steady = (text: string): string =>
    text
      .replaceAll(stack.aws.endpoint, "<aws>")
      .replaceAll(stack.vault.address, "<vault>")
      .replaceAll(/[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/g, "<version>")
      .replaceAll(/(:secret:[\w/-]+)-\w{6}\b/g, "$1-<suffix>")
      .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, "<time>")
      .replaceAll(/\b\d+ ms\b/g, "<ms>")
      .replaceAll(/ *\+\d+\.\d{3} s/g, "  <offset>")
      .replaceAll(/\d{8}-\d{4}-[\da-f]{8}\b/g, "<campaign>");

  async function rekeyWith(more: Readonly<Record<string, string>>, ...words: string[]): Promise<Transcript> {
    const { code, out, err } = await runRekey(words, { env: { ...variables, ...more } });
    expect(out + err).not.toContain("canary");
    return { code, out: steady(out), err: steady(err) };
  }

  function spawnRekeyWith(more: Readonly<Record<string, string>>, ...words: string[]) {
    const child = spawn(process.execPath, [rekeyMain, ...words], { env: { ...variables, ...more } });
    const printed = { out: "", err: "" };
    child.stdout.on("data", (chunk: Buffer) => (printed.out += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (printed.err += chunk.toString()));
    const code = new Promise<number | null>((done) => child.once("close", done));
    return { child, printed, code };
  }

  return {
    stack,
    outputs,
    secrets,
    postgres,
    functionArn,
    adoptionTable: outputs["AdoptionTableName"] ?? "",
    vault,
    /** The environment of a command. */
    variables,
    rekeyWith,
    rekey: async (...words: string[]) => rekeyWith({}, ...words),
    /** Left running: its process, and what it has printed. */
    spawnRekey: (...words: string[]) => spawnRekeyWith({}, ...words),
    spawnRekeyWith,
    /** A user of the database and its secret; rotated by the deployed function unless it is not to be. */
    async secret(
      name: string,
      options: { alternating?: boolean; rotated?: boolean; team?: string } = {},
    ): Promise<void> {
      const { alternating = false, rotated = true, team } = options;
      const username = name.replaceAll(/\W/g, "_");
      await postgres.admin(`CREATE ROLE ${username} LOGIN PASSWORD '${username}-canary'`);
      const user = { username, password: `${username}-canary`, ...(alternating ? { masterarn } : {}) };
      await secrets.createSecret({
        Name: name,
        SecretString: JSON.stringify({ engine: "postgres", host, port, ssl: false, ...user }),
        ...(team === undefined ? {} : { Tags: [{ Key: "team", Value: team }] }),
      });
      if (!rotated) return;
      const RotationRules = { AutomaticallyAfterDays: 30 };
      const RotationLambdaARN = functionArn;
      await secrets.rotateSecret({ SecretId: name, RotationLambdaARN, RotationRules, RotateImmediately: false });
      await stack.secretsManager.idle();
    },
    async stop() {
      secrets.destroy();
      await stack.stop();
      await postgres.stop();
    },
  };
}

export type CliStage = Awaited<ReturnType<typeof startCliStage>>;
