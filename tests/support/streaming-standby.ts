import { spawn } from "node:child_process";
import { chown, cp, mkdtemp, open, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import pg from "pg";
import { type Binaries, findBinaries, runAs } from "../../local/postgres/binaries.ts";
import type { EmbeddedPostgres } from "../../local/postgres/embedded-postgres.ts";
import { freePort } from "./free-port.ts";

export interface StreamingStandby {
  readonly port: number;
  /** Returns once the standby has what the primary has now. */
  caughtUp(): Promise<void>;
  stop(): Promise<void>;
}

const startTimeoutMs = 30_000;

/** A copy of the running primary that follows it, made with the server's own functions for backups. */
export async function startStreamingStandby(primary: EmbeddedPostgres, binaries?: Binaries): Promise<StreamingStandby> {
  const { host, port: primaryPort, superuser } = primary;
  const folder = await mkdtemp(path.join(tmpdir(), "rekey-standby-"));
  const data = path.join(folder, "data");
  const session = new pg.Client({
    host,
    port: primaryPort,
    user: superuser.username,
    password: superuser.password,
    database: "postgres",
  });
  await session.connect();
  try {
    const { rows } = await session.query<{ data_directory: string }>("SHOW data_directory");
    await session.query("SELECT pg_backup_start('standby', true)");
    await cp(rows[0]?.data_directory ?? "", data, {
      recursive: true,
      filter: (file) => !file.endsWith("postmaster.pid") && !/pg_wal\/./.test(file),
    });
    const stopped = await session.query<{ labelfile: string }>("SELECT labelfile FROM pg_backup_stop(false)");
    await writeFile(path.join(data, "backup_label"), stopped.rows[0]?.labelfile ?? "");
    await writeFile(path.join(data, "standby.signal"), "");
  } finally {
    await session.end();
  }
  const port = await freePort();
  const { postgres } = binaries ?? (await findBinaries(folder));
  const owner = runAs();
  if (owner !== undefined) {
    for (const file of ["", ...(await readdir(folder, { recursive: true }))]) {
      await chown(path.join(folder, file), owner.uid, owner.gid);
    }
  }
  const connection = `host=${host} port=${primaryPort} user=${superuser.username} password=${superuser.password}`;
  const settings = {
    port: String(port),
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    shared_buffers: "16MB",
    max_connections: "100",
    hot_standby: "on",
    primary_conninfo: connection,
  };
  const logFile = path.join(folder, "server.log");
  const log = await open(logFile, "a");
  const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const server = spawn(postgres, ["-D", data, ...flags], { ...owner, cwd: folder, stdio: ["ignore", log.fd, log.fd] });
  const stop = async (): Promise<void> => {
    if (server.exitCode === null && server.signalCode === null) {
      const ended = new Promise((resolve) => server.once("exit", resolve));
      server.kill("SIGINT");
      await ended;
    }
    await log.close();
    await rm(folder, { recursive: true, force: true });
  };
  const deadlineMs = performance.now() + startTimeoutMs;
  while (!(await readFile(logFile, "utf8")).includes("ready to accept read-only connections")) {
    if (server.exitCode !== null || performance.now() > deadlineMs) {
      const text = await readFile(logFile, "utf8");
      await stop();
      throw new Error(`the standby did not start:\n${text}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    port,
    async caughtUp() {
      for (;;) {
        const [behind] = await primary.admin<{ isCaughtUp: boolean }>(
          `SELECT coalesce(bool_and(replay_lsn >= pg_current_wal_lsn()), false) AS "isCaughtUp" FROM pg_stat_replication`,
        );
        if (behind?.isCaughtUp === true) return;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    stop,
  };
}
