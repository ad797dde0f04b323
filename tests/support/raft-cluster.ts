import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { vi } from "vitest";
import { freePort } from "./free-port.ts";
import { at, rawRequest, type VaultAdmin, vaultAdmin } from "./vault-http.ts";

const patience = { timeout: 60_000, interval: 100 };

export interface RaftNode {
  readonly address: string;
  /** The status of `sys/health`: 200 for the leader, 429 for a standby, 503 sealed, 501 not yet joined; 0 for none. */
  health(): Promise<number>;
  kill(): Promise<void>;
}

export interface RaftCluster {
  readonly rootToken: string;
  readonly nodes: readonly RaftNode[];
  /** The node that leads, once there is one. */
  leader(): Promise<RaftNode>;
  admin(node: RaftNode): VaultAdmin;
  /** Resolves once each node that runs takes a write: a standby too, which forwards it only some time after an election. */
  settled(): Promise<void>;
  /** Starts what was killed, on the same folder and port, unseals what is sealed, and waits until all are settled. */
  heal(): Promise<void>;
  stop(): Promise<void>;
}

interface Process extends RaftNode {
  /** Does nothing while it runs. */
  start(): void;
  /** Throws, with what it has printed, when it has ended by itself. */
  mustRun(): void;
  unseal(key: string): Promise<void>;
}

async function nodeIn(home: string, binary: string, id: string): Promise<Process> {
  const [port, clusterPort] = [await freePort(), await freePort()];
  const address = `http://127.0.0.1:${port}`;
  const folder = join(home, id);
  mkdirSync(folder);
  const file = join(home, `${id}.json`);
  writeFileSync(
    file,
    JSON.stringify({
      storage: { raft: { path: folder, node_id: id, performance_multiplier: 5 } },
      listener: {
        tcp: { address: `127.0.0.1:${port}`, cluster_address: `127.0.0.1:${clusterPort}`, tls_disable: true },
      },
      api_addr: address,
      cluster_addr: `https://127.0.0.1:${clusterPort}`,
    }),
  );
  const outputFile = join(home, `${id}.log`);
  let running: ReturnType<typeof spawn> | undefined;
  const health = async (): Promise<number> =>
    rawRequest(address, { method: "GET", path: "/v1/sys/health" }).then(
      ({ status }) => status,
      () => 0,
    );
  const put = async (path: string, body: unknown) =>
    rawRequest(address, { method: "PUT", path: `/v1/sys/${path}`, body });
  return {
    address,
    health,
    start() {
      if (running !== undefined) return;
      const env = { PATH: process.env["PATH"] ?? "", HOME: home };
      const output = openSync(outputFile, "a");
      running = spawn(binary, ["server", `-config=${file}`], { stdio: ["ignore", output, output], env });
      closeSync(output);
    },
    mustRun() {
      if (running?.exitCode === null) return;
      throw new Error(`node ${id} of OpenBao has ended:\n${readFileSync(outputFile, "utf8")}`);
    },
    async unseal(key: string) {
      const taken = async () =>
        put("unseal", { key }).then(
          ({ status }) => status === 200,
          () => false, // Nothing listens yet.
        );
      await vi.waitUntil(taken, patience);
      await vi.waitUntil(async () => [200, 429].includes(await health()), patience);
    },
    async kill() {
      if (running === undefined) return;
      const ended = once(running, "close");
      running.kill("SIGKILL");
      await ended;
      running = undefined;
    },
  };
}

const attempts = 3;

/** Three nodes of OpenBao that hold one store by raft, initialised, joined and unsealed, with KV version 2 at `secret`. */
export async function startRaftCluster(binary: string): Promise<RaftCluster> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnFreePorts(binary);
    } catch (error) {
      if (attempt === attempts) throw error; // Else a port was taken meanwhile, or a busy machine let a wait run out.
    }
  }
}

async function startOnFreePorts(binary: string): Promise<RaftCluster> {
  const home = mkdtempSync(join(tmpdir(), "rekey-raft-"));
  const nodes: Process[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map(async (node) => node.kill()));
    rmSync(home, { recursive: true, force: true });
  };
  try {
    for (const id of ["one", "two", "three"]) nodes.push(await nodeIn(home, binary, id));
    for (const node of nodes) node.start();
    const listens = async (node: Process): Promise<boolean> => {
      node.mustRun();
      return (await node.health()) === 501;
    };
    for (const node of nodes) await vi.waitUntil(async () => listens(node), patience);
    const [first, ...others] = nodes;
    if (first === undefined) throw new Error("three were made");
    const request = { method: "PUT", path: "/v1/sys/init", body: { secret_shares: 1, secret_threshold: 1 } };
    const made = await rawRequest(first.address, request);
    const key = String(at(made.body, "keys", "0"));
    const rootToken = String(at(made.body, "root_token"));
    await first.unseal(key);
    await vi.waitUntil(async () => (await first.health()) === 200, patience);
    const admin = (node: RaftNode): VaultAdmin => vaultAdmin({ address: node.address, rootToken });
    const stable = { server_stabilization_time: "1s" };
    await admin(first)("POST", "sys/storage/raft/autopilot/configuration", stable);
    for (const node of others) {
      const join = async () => admin(node)("PUT", "sys/storage/raft/join", { leader_api_addr: first.address });
      await vi.waitUntil(async () => at((await join()).body, "joined") === true, patience);
      await node.unseal(key);
    }
    const voters = async (): Promise<number> => {
      const { body } = await admin(first)("GET", "sys/storage/raft/configuration");
      const servers = at(body, "data", "config", "servers");
      return Array.isArray(servers) ? servers.filter((server) => at(server, "voter") === true).length : 0;
    };
    await vi.waitUntil(async () => (await voters()) === nodes.length, patience);
    await admin(first)("POST", "sys/mounts/secret", { type: "kv", options: { version: "2" } });
    await vi.waitUntil(async () => (await admin(first)("GET", "secret/config")).status === 200, patience);
    const settled = async (): Promise<void> => {
      for (const node of nodes) {
        const write = async () => admin(node)("POST", "secret/data/settled", { data: {} });
        await vi.waitUntil(async () => (await node.health()) === 0 || (await write()).status === 200, patience);
      }
    };
    return {
      rootToken,
      nodes,
      admin,
      settled,
      async heal() {
        for (const node of nodes) {
          node.start();
          await node.unseal(key);
        }
        await settled();
      },
      stop,
      async leader() {
        return vi.waitUntil(async () => {
          const healths = await Promise.all(nodes.map(async (node) => node.health()));
          return nodes[healths.indexOf(200)];
        }, patience);
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
