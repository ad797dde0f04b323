import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { freePort } from "./free-port.ts";

/** What one kind of server needs beyond the others. */
export interface ServerPlan {
  /** In the name of its folder, and in errors. */
  readonly name: string;
  readonly binary: string;
  /** Writes what the server reads into its folder; returns its arguments. Called before each start. */
  readonly prepare: (port: number, home: string) => readonly string[] | Promise<readonly string[]>;
  /** Whether it serves; `output`: what it and its failed starts on other ports have printed. */
  readonly isReady: (port: number, output: () => string) => boolean | Promise<boolean>;
  /** Besides PATH and a HOME of its own. */
  readonly env?: Readonly<Record<string, string>>;
  /** What it reads from standard input. */
  readonly input?: (home: string) => string;
  /** Who it runs as, and whose its folder is. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  /** Default: SIGKILL. */
  readonly endsBy?: NodeJS.Signals;
}

/** A real server on loopback, with a folder of its own. */
export interface ServerProcess {
  readonly port: number;
  readonly home: string;
  /** What it has printed since its first start. */
  output(): string;
  signal(name: NodeJS.Signals): void;
  /** Ends the server and keeps its folder. */
  end(): Promise<void>;
  /** Starts it again in its folder, on the same port if that is still free. */
  start(): Promise<void>;
  /** Ends the server and removes its folder. */
  stop(): Promise<void>;
}

const attempts = 5;
const isRunning = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode === null && signalCode === null;

/** Starts a server on a free port, and again on another while the port is taken by then. It ends with this process. */
export async function startServer(plan: ServerPlan): Promise<ServerProcess> {
  const home = mkdtempSync(join(tmpdir(), `rekey-${plan.name}-`));
  if (plan.user !== undefined) chownSync(home, plan.user.uid, plan.user.gid);
  const outputFile = join(home, "output.log");
  const output = (): string => readFileSync(outputFile, "utf8");
  let child: ChildProcess | undefined;
  let port: number | undefined;
  const endNow = (): void => {
    child?.kill("SIGKILL");
    rmSync(home, { recursive: true, force: true });
  };
  process.once("exit", endNow);

  async function launch(at: number): Promise<boolean> {
    const flags = await plan.prepare(at, home);
    const file = openSync(outputFile, "a");
    const started = spawn(plan.binary, flags, {
      ...plan.user,
      cwd: home,
      stdio: ["pipe", file, file],
      env: { PATH: process.env["PATH"] ?? "", HOME: home, ...plan.env },
    });
    closeSync(file);
    child = started;
    started.stdin?.on("error", () => undefined).end(plan.input?.(home) ?? "");
    await once(started, "spawn");
    while (isRunning(started)) {
      if (await plan.isReady(at, output)) return true;
      await delay(20);
    }
    return false;
  }

  async function start(): Promise<void> {
    for (let attempt = 1; attempt <= attempts; attempt++) {
      const at: number = port ?? (await freePort());
      if (await launch(at)) {
        port = at;
        return;
      }
      port = undefined;
    }
    throw new Error(`${plan.name} did not start:\n${output()}`);
  }

  async function end(): Promise<void> {
    if (child === undefined || !isRunning(child)) return;
    const ended = once(child, "exit");
    child.kill(plan.endsBy ?? "SIGKILL");
    await ended;
  }

  async function stop(): Promise<void> {
    await end();
    rmSync(home, { recursive: true, force: true });
    process.off("exit", endNow);
  }

  try {
    await start();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    get port() {
      return port ?? 0;
    },
    home,
    output,
    signal: (name) => void child?.kill(name),
    end,
    start,
    stop,
  };
}
