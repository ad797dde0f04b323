import { Console } from "node:console";
import { inspect } from "node:util";
import vault from "node-vault";
import { vaultKv2Mirror } from "../../shared/mirrors/vault-kv2.ts";
import { connectVault, type VaultOptions } from "../../shared/vault/connect-vault.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";

/**
 * Run as a process of its own, so that `DEBUG` counts from the first import. Reads one JSON line of what to do, writes
 * once, and prints the error in every way that one prints errors.
 */
const job: {
  readonly through: "rekey" | "node-vault";
  readonly address: string;
  readonly token: string;
  readonly secretId: string;
  readonly password: string;
  readonly login: "token" | "approle";
} = JSON.parse(process.argv[2] ?? "{}");

async function throughRekey(): Promise<void> {
  const login: VaultOptions["login"] =
    job.login === "token"
      ? { method: "token", token: new SecretValue(job.token) }
      : { method: "approle", roleId: "role", secretId: new SecretValue(job.secretId) };
  const mirror = vaultKv2Mirror(connectVault({ address: job.address, login }));
  await mirror.write(
    {
      secretArn: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:leak-AbCdEf",
      secretName: "leak",
      versionId: "v1",
      createdAt: new Date(0),
      value: new SecretValue(JSON.stringify({ password: job.password })),
      tags: new Map(),
    },
    { signal: AbortSignal.timeout(20_000) },
  );
}

async function throughNodeVault(): Promise<void> {
  const client = vault({ endpoint: job.address, token: job.token });
  if (job.login === "approle") await client.approleLogin({ role_id: "role", secret_id: job.secretId });
  await client.write("secret/data/leak", { data: { password: job.password } });
}

try {
  await (job.through === "rekey" ? throughRekey() : throughNodeVault());
  process.stdout.write("written\n");
} catch (error) {
  const printed = [inspect(error, { depth: 20, showHidden: true }), JSON.stringify(error), String(error)];
  process.stdout.write(`failed ${printed.join("\n")}\n`);
  new Console(process.stderr).error(error);
  setImmediate(() => {
    throw error;
  });
}
