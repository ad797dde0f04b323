import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import { expect, onTestFinished, test } from "vitest";
import { isMembers } from "../../shared/answers/members.ts";
import { record } from "../../local/aws/members.ts";
import type { EventEnvelope } from "../../local/eventbridge/put-events.ts";
import { startStack } from "../../local/stack.ts";
import { startVault, type LocalVault } from "../../local/vault/server.ts";
import { clusterOf, parseVaultClusters } from "../../shared/mirrors/vault-clusters.ts";

const soon = { timeout: 60_000 };
const names = ["one", "two", "three"] as const;
const clusterRoles = ["MirrorToVault", "Reconcile"]
  .map((of) => `arn:aws:iam::123456789012:role/rekey-*-${of}Role`)
  .join(",");
const clusters = parseVaultClusters(names.join(","), undefined);

/** One stack that rotates, and one for each Vault beside it on its bus. */
async function open() {
  const stack = await startStack();
  const secrets = new SecretsManager(stack.clientConfig);
  const told: EventEnvelope[] = [];
  stack.eventBridge.onEvent((bus, event) => bus === "rekey" && told.push(event));
  const vaults = new Map<string, LocalVault>();
  onTestFinished(async () => {
    secrets.destroy();
    await stack.stop();
    await Promise.all([...vaults.values()].map(async (vault) => vault.stop()));
  });
  await stack.deploy({
    parameters: { VaultAddress: "", ClusterRoleArns: clusterRoles },
  });
  for (const name of names) {
    const vault = await startVault({ port: 0, rootToken: `root-of-${name}`, clock: stack.clock });
    vaults.set(name, vault);
    const { ARN = "" } = await secrets.createSecret({ Name: `vault/${name}`, SecretString: vault.rootToken });
    await stack.deploy({
      stackName: `rekey-${name}`,
      parameters: {
        StackKind: "cluster",
        EventBusName: "rekey",
        SecretArnPattern: "arn:aws:secretsmanager:us-east-1:123456789012:secret:*",
        VaultAddress: vault.address,
        VaultAuth: "token",
        VaultCredentialSecretArn: ARN,
        VaultCluster: name,
        VaultClusters: names.join(","),
      },
    });
  }
  return { stack, secrets, vaults, told };
}

async function inVault(vault: LocalVault | undefined, path: string): Promise<unknown> {
  if (vault === undefined) return undefined;
  const headers = { "x-vault-token": vault.rootToken };
  const answer = await fetch(`${vault.address}/v1/secret/data/${path}`, { headers });
  const body: unknown = await answer.json();
  return isMembers(body) && answer.ok ? record(record(body, "data"), "data")["password"] : undefined;
}

test("of three clusters each mirrors its own secrets; one that is down delays no other and catches up by itself", async () => {
  const { stack, secrets, vaults, told } = await open();
  const homeOf = (secretName: string): string => clusterOf({ secretArn: "", secretName, tags: new Map() }, clusters);
  const all = Array.from({ length: 9 }, (_, at) => `db/service-${at}`);
  expect(new Set(all.map(homeOf))).toEqual(new Set(names));
  const down = vaults.get("two");
  down?.faults.become({ kind: "sealed" });
  for (const Name of all) await secrets.createSecret({ Name, SecretString: '{"password":"first"}' });

  const up = all.filter((name) => homeOf(name) !== "two");
  for (const name of up) await expect.poll(async () => inVault(vaults.get(homeOf(name)), name), soon).toBe("first");
  down?.faults.clear();
  await stack.clock.advance(180_000); // The message's visibility time-out.
  for (const name of all.filter((one) => homeOf(one) === "two")) {
    await expect.poll(async () => inVault(down, name), soon).toBe("first");
  }
  for (const name of all) {
    for (const other of names.filter((one) => one !== homeOf(name))) {
      expect(await inVault(vaults.get(other), name)).toBeUndefined();
    }
  }
  const mirrored = told
    .filter(({ "detail-type": type }) => type === "Secret Mirrored")
    .map(({ detail }): [unknown, unknown] => [detail["secretName"], detail["cluster"]])
    .filter(([name]) => all.some((one) => one === name));
  expect(new Map(mirrored)).toEqual(new Map(all.map((name) => [name, homeOf(name)])));
}, 180_000);
