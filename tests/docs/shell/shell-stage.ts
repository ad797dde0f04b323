import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { CreateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { startPostgres } from "../../../local/postgres/embedded-postgres.ts";
import { startStack } from "../../../local/stack.ts";
import { startRedis } from "../../support/redis.ts";
import { root } from "../fenced-blocks.ts";
import { startSilentAws } from "./silent-aws.ts";
import { programs } from "./treatment.ts";

export interface ShellStage {
  /** Runs a script in a folder that looks like the repository, and has the files given besides. */
  run(
    script: string,
    files: Readonly<Record<string, string>>,
  ): Promise<{ readonly code: number; readonly said: string; readonly journal: string }>;
  stop(): Promise<void>;
}

/**
 * What the pages take for granted: the template deployed, a real PostgreSQL with a user whose secret is `db/orders` and one
 * whose secret is still to be made of `first.json`, a Vault, a Redis. `real` has the programs that npm does not bring.
 */
export async function startShellStage(
  real: Readonly<Record<"aws" | "vault" | "sam" | "redis-server" | "redis-cli", string>>,
): Promise<ShellStage> {
  await using starting = new AsyncDisposableStack();
  const folder = mkdtempSync(path.join(tmpdir(), "rekey-pages-"));
  starting.defer(() => rmSync(folder, { recursive: true }));
  const postgres = starting.adopt(await startPostgres(), async (server) => server.stop());
  const redis = starting.adopt(await startRedis(real["redis-server"]), async (server) => server.stop());
  const stack = starting.adopt(await startStack(), async (started) => started.stop());
  const { outputs } = await stack.deploy();
  const silent = starting.use(await startSilentAws(outputs));

  const { host, port } = postgres;
  const valueOf = async (username: string): Promise<string> => {
    await postgres.admin(`CREATE ROLE ${username} LOGIN PASSWORD '${username}-first'`);
    return JSON.stringify({ engine: "postgres", host, port, username, password: `${username}-first`, ssl: false });
  };
  const secretsManager = new SecretsManagerClient(stack.clientConfig);
  const SecretString = await valueOf("orders");
  await secretsManager.send(new CreateSecretCommand({ Name: "db/orders", SecretString }));
  secretsManager.destroy();

  const script = (file: string, text: string): string => {
    writeFileSync(file, `#!/bin/sh\n${text} "$@"\n`, { mode: 0o755 });
    return file;
  };
  const shims = path.join(folder, "bin");
  const place = path.join(folder, "rekey");
  for (const made of [shims, place]) mkdirSync(made);
  for (const name of readdirSync(root)) if (name !== ".git") symlinkSync(path.join(root, name), path.join(place, name));
  writeFileSync(path.join(place, "first.json"), await valueOf("first"));
  const standIn = path.join(import.meta.dirname, "documented-program.ts");
  for (const name of programs) script(path.join(shims, name), `exec '${process.execPath}' '${standIn}' ${name}`);
  const { address, rootToken } = stack.vault;
  const vault = script(path.join(folder, "vault"), `BAO_ADDR=${address} BAO_TOKEN=${rootToken} exec '${real.vault}'`);
  // -e: an error of the server is the command's.
  const login = `-h ${redis.host} -p ${redis.port} --user ${redis.superuser.username}`;
  const redisCli = script(
    path.join(folder, "redis-cli"),
    `REDISCLI_AUTH=${redis.superuser.password} exec '${real["redis-cli"]}' -e ${login}`,
  );
  const journal = path.join(folder, "journal");
  const { endpoint, region, credentials } = stack.clientConfig;
  const env = {
    PATH: shims,
    HOME: folder,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_DEFAULT_REGION: region,
    AWS_REGION: region,
    AWS_ENDPOINT_URL: endpoint,
    SAM_CLI_TELEMETRY: "0",
    REKEY_DOCS_JOURNAL: journal,
    REKEY_DOCS_LOCAL_AWS: endpoint,
    REKEY_DOCS_SILENT_AWS: silent.endpoint,
    REKEY_DOCS_PATH: [path.dirname(process.execPath), process.env["PATH"]].join(":"),
    REKEY_DOCS_PROGRAM_aws: real.aws,
    REKEY_DOCS_PROGRAM_node: process.execPath,
    REKEY_DOCS_PROGRAM_npm: "npm",
    REKEY_DOCS_PROGRAM_redis_cli: redisCli,
    REKEY_DOCS_PROGRAM_rekey: script(
      path.join(folder, "rekey-program"),
      `exec '${process.execPath}' '${root}/cli/main.ts'`,
    ),
    REKEY_DOCS_PROGRAM_sam: real.sam,
    REKEY_DOCS_PROGRAM_vault: vault,
  };
  const ends = starting.move();
  return {
    async run(script, files) {
      writeFileSync(journal, "");
      for (const [name, text] of Object.entries(files)) writeFileSync(path.join(place, name), text);
      return new Promise((done) => {
        execFile("/bin/sh", ["-euc", script], { cwd: place, env }, (error, out, err) => {
          const code = error === null ? 0 : Number(error.code ?? 1);
          done({ code, said: out + err, journal: readFileSync(journal, "utf8") });
        }).stdin?.end();
      });
    },
    stop: async () => ends.disposeAsync(),
  };
}
