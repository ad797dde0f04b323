import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import { beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { startStack } from "../../local/stack.ts";
import { vaultKv2Mirror } from "../../shared/mirrors/vault-kv2.ts";
import type { Mirror } from "../../shared/ports/mirror.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";
import { connectVault } from "../../shared/vault/connect-vault.ts";
import { startBalancer } from "../support/balancer.ts";
import { entryOf, failureOf, inTime } from "../support/mirror-entries.ts";
import { bao } from "../support/openbao.ts";
import { type RaftCluster, type RaftNode, startRaftCluster } from "../support/raft-cluster.ts";
import { at, type VaultAdmin } from "../support/vault-http.ts";

const names = ["db/one", "db/two", "db/three"];
const soon = { timeout: 60_000, interval: 100 };
const patience = 300_000; // Elections and forwarding take as long as the machine makes them; each wait has its own end.

/** What every revision of a key holds, oldest first. */
async function historyOf(admin: VaultAdmin, name: string): Promise<readonly number[]> {
  const newest = at((await admin("GET", `secret/metadata/${name}`)).body, "data", "current_version");
  const revisions = Array.from({ length: Number(newest ?? 0) }, (_, index) => index + 1);
  const answers = await Promise.all(revisions.map((version) => admin("GET", `secret/data/${name}?version=${version}`)));
  return answers.map(({ body }) => Number(at(body, "data", "data", "password")));
}

describe.skipIf(bao === undefined)("three nodes of OpenBao on raft", { timeout: patience }, () => {
  let cluster: RaftCluster;
  const mirrorAt = (node: RaftNode): Mirror =>
    vaultKv2Mirror(
      connectVault({
        address: node.address,
        login: { method: "token", token: new SecretValue(cluster.rootToken) },
      }),
    );
  async function standby(): Promise<RaftNode> {
    const leader = await cluster.leader();
    const other = cluster.nodes.find((node) => node !== leader);
    if (other === undefined) throw new Error("three were started");
    return other;
  }
  beforeAll(async () => {
    cluster = await startRaftCluster(bao ?? "");
    return async () => cluster.stop();
  }, 2 * patience);
  beforeEach(async () => cluster.heal(), patience);

  test("the leader is killed between two versions: the function's queue brings every secret to its newest, and no older one ever stands above it", async () => {
    const balancer = await startBalancer(cluster.nodes.map(({ address }) => address));
    const stack = await startStack();
    const secrets = new SecretsManager(stack.clientConfig);
    onTestFinished(async () => {
      secrets.destroy();
      await stack.stop();
      await balancer.stop();
    });
    const credential = await secrets.createSecret({ Name: "vault/token", SecretString: cluster.rootToken });
    await stack.deploy({
      parameters: {
        SecretArnPattern: "arn:aws:secretsmanager:us-east-1:123456789012:secret:db/*",
        VaultAddress: balancer.address,
        VaultAuth: "token",
        VaultCredentialSecretArn: credential.ARN ?? "",
      },
    });
    const put = async (change: number): Promise<void> => {
      const SecretString = JSON.stringify({ password: String(change) });
      for (const name of names) {
        await (change === 1
          ? secrets.createSecret({ Name: name, SecretString })
          : secrets.putSecretValue({ SecretId: name, SecretString }));
      }
      await stack.clock.advance(1_000);
    };
    /** The stack's time passes only while the cluster answers, or the queue would give up before an election has ended. */
    const allReach = async (change: number): Promise<void> => {
      const newest = async (): Promise<readonly (number | undefined)[]> => {
        await stack.lambda.idle();
        await cluster.settled();
        await stack.clock.advance(180_000); // The mirror queue's visibility time-out.
        const admin = cluster.admin(await cluster.leader());
        return Promise.all(names.map(async (name) => (await historyOf(admin, name)).at(-1)));
      };
      await expect.poll(newest, soon).toEqual(names.map(() => change));
    };
    for (const change of [1, 2, 3, 4]) await put(change);
    await allReach(4);
    const killed = await cluster.leader();
    await put(5);
    await killed.kill();
    for (const change of [6, 7, 8]) await put(change);
    const refused = async (): Promise<number> => {
      await stack.lambda.idle();
      await stack.clock.advance(1_000);
      return balancer.refused();
    };
    await expect.poll(refused, soon).toBeGreaterThan(0);
    balancer.takeOut(killed.address);
    await allReach(8);
    const admin = cluster.admin(await cluster.leader());
    for (const name of names) {
      const history = await historyOf(admin, name);
      expect(history).toEqual([...new Set(history)].toSorted((one, other) => one - other));
    }
  });

  test("a standby forwards the mirror's write to the leader; told not to, it answers 307 to the leader", async () => {
    const leader = await cluster.leader();
    const other = await standby();
    const entry = entryOf("standby/one");
    expect(await mirrorAt(other).write(entry, inTime())).toEqual({ revision: 1, written: true });
    expect(await historyOf(cluster.admin(leader), entry.secretName)).toHaveLength(1);
    const path = `secret/data/${entry.secretName}`;
    const own = { "X-Vault-No-Request-Forwarding": "true" };
    const { status, headers } = await cluster.admin(other)("POST", path, { data: {} }, own);
    expect([status, headers.location]).toEqual([307, `${leader.address}/v1/${path}`]);
  });

  test("a quota that is used up is mirror-unavailable, and the same write goes through after it", async () => {
    const leader = await cluster.leader();
    const admin = cluster.admin(leader);
    const entry = entryOf("quota/one");
    await admin("POST", "sys/quotas/rate-limit/tests", { rate: 1, interval: "1h", path: "secret/" });
    await admin("GET", "secret/config");
    const error = await failureOf(mirrorAt(leader).write(entry, inTime()), cluster.rootToken);
    expect(error).toMatchObject({ code: "mirror-unavailable", disposition: "retry", context: { status: 429 } });
    await admin("DELETE", "sys/quotas/rate-limit/tests");
    expect(await mirrorAt(leader).write(entry, inTime())).toEqual({ revision: 1, written: true });
  });

  test("the leader is sealed: it is mirror-unavailable, and the next leader takes the write", async () => {
    const sealed = await cluster.leader();
    const entry = entryOf("sealed/one");
    expect((await cluster.admin(sealed)("PUT", "sys/seal")).status).toBe(204);
    const error = await failureOf(mirrorAt(sealed).write(entry, inTime()), cluster.rootToken);
    expect(error).toMatchObject({ code: "mirror-unavailable", context: { status: 503 } });
    const next = await cluster.leader();
    expect(next).not.toBe(sealed);
    expect(await mirrorAt(next).write(entry, inTime())).toEqual({ revision: 1, written: true });
  });
});
