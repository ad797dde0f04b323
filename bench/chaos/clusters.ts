import { movableClock } from "../../local/clock.ts";
import { startVault } from "../../local/vault/server.ts";
import { mirrorPolicy } from "../../shared/mirrors/mirror-policy.ts";
import { bao } from "../../tests/support/openbao.ts";
import { startSealableOpenBao } from "../../tests/support/sealable-openbao.ts";
import { at, vaultAdmin, type VaultAdmin } from "../../tests/support/vault-http.ts";
import { clusterCount, type ClusterTrouble } from "./plan.ts";

/** One Vault with KV version 2 at `secret/` and an AppRole for the mirror. */
export interface Cluster {
  readonly name: string;
  readonly product: string;
  readonly address: string;
  readonly roleId: string;
  readonly secretId: string;
  /** Root token, unseal key, secret id. */
  readonly secrets: readonly string[];
  readonly admin: VaultAdmin;
  /** Returns how it ends. */
  trouble(trouble: ClusterTrouble): Promise<() => Promise<void>>;
  /** Every token that the mirror logged in for. */
  revokeTokens(): Promise<void>;
  /** What it wrote down of what it was asked. */
  written(): string;
  stop(): Promise<void>;
}

type Server = Pick<Cluster, "product" | "address" | "secrets" | "trouble" | "written" | "stop"> & {
  readonly rootToken: string;
  revokeTokens(ask: VaultAdmin): Promise<void>;
};

const login = "auth/approle/login";

/** One by one: the local Vault cannot revoke by prefix. */
async function revokeEach(ask: VaultAdmin): Promise<void> {
  const accessors = at((await ask("LIST", "auth/token/accessors")).body, "data", "keys");
  const revoke = async (accessor: unknown): Promise<void> => {
    const found = await ask("POST", "auth/token/lookup-accessor", { accessor });
    if (at(found.body, "data", "path") === login) await ask("POST", "auth/token/revoke-accessor", { accessor });
  };
  await Promise.all((Array.isArray(accessors) ? accessors : []).map(revoke));
}

const slowMs = 1_500;

async function localServer(name: string): Promise<Server> {
  const rootToken = `canary-root-${crypto.randomUUID()}`;
  const clock = movableClock();
  const vault = await startVault({ clock, rootToken });
  const { faults } = vault;
  const path = /^(secret|auth\/approle\/login)/;
  const begin: Readonly<Record<ClusterTrouble, () => void>> = {
    sealed: () => faults.become({ kind: "sealed" }),
    standby: () => faults.become({ kind: "standby" }),
    slow: () => faults.inject({ kind: "delay", delayMs: slowMs }, { path, at: "every" }),
    failing: () => faults.inject({ kind: "status", status: 500, errors: ["internal error"] }, { path, at: "every" }),
    limited: () => faults.inject({ kind: "status", status: 429 }, { path, at: "every" }),
    cut: () => faults.inject({ kind: "cut" }, { path, at: "every" }),
  };
  return {
    product: `local Vault ${name}`,
    address: vault.address,
    rootToken,
    secrets: [rootToken],
    async trouble(trouble) {
      begin[trouble]();
      return async () => faults.clear();
    },
    revokeTokens: revokeEach,
    written: () => "",
    async stop() {
      await vault.stop();
      clock.stop();
    },
  };
}

async function openBaoServer(binary: string): Promise<Server> {
  const server = await startSealableOpenBao(binary);
  return {
    product: "OpenBao",
    address: server.address,
    rootToken: server.rootToken,
    secrets: [server.rootToken, server.unsealKey],
    async trouble() {
      await server.seal();
      return server.unseal;
    },
    async revokeTokens(ask) {
      // A sealed one refuses, and one that becomes active may cut the connection: it keeps the tokens then.
      await ask("POST", `sys/leases/revoke-prefix/${login}`, { sync: true }).catch(() => undefined);
    },
    written() {
      const { audit, log } = server.written();
      return `${audit}${log}`;
    },
    stop: server.stop,
  };
}

async function prepared(name: string, server: Server): Promise<Cluster> {
  const ask = vaultAdmin(server);
  const must = async (method: string, path: string, body?: object): Promise<unknown> => {
    const { status, body: answer } = await ask(method, path, body);
    if (status !== 200 && status !== 204) throw new Error(`${name} answered ${status} to ${method} ${path}`);
    return answer;
  };
  // The whole history is judged.
  await must("POST", "secret/config", { max_versions: 1_000 });
  await must("POST", "sys/policies/acl/mirror", { policy: mirrorPolicy("secret") });
  await must("POST", "sys/auth/approle", { type: "approle" });
  const role = "auth/approle/role/mirror";
  await must("POST", role, { token_policies: ["mirror"], token_ttl: "20m" });
  const roleId = String(at(await must("GET", `${role}/role-id`), "data", "role_id"));
  const secretId = String(at(await must("POST", `${role}/secret-id`, {}), "data", "secret_id"));
  return {
    name,
    product: server.product,
    address: server.address,
    roleId,
    secretId,
    secrets: [...server.secrets, secretId],
    admin: ask,
    trouble: server.trouble,
    revokeTokens: async () => server.revokeTokens(ask),
    written: server.written,
    stop: server.stop,
  };
}

/** Where OpenBao's binary is at hand the first one is a real OpenBao. */
export async function startClusters(cleanup: AsyncDisposableStack): Promise<readonly Cluster[]> {
  const clusters: Cluster[] = [];
  for (let index = 0; index < clusterCount; index++) {
    const name = `vault-${index + 1}`;
    const server = index === 0 && bao !== undefined ? await openBaoServer(bao) : await localServer(name);
    cleanup.defer(server.stop);
    clusters.push(await prepared(name, server));
  }
  return clusters;
}
