import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { takesConnections } from "./listening.ts";

const root = resolve(import.meta.dirname, "../..");

/** What a demo that has ended must not leave. */
interface Leftovers {
  readonly processes: boolean;
  readonly folders: readonly string[];
  readonly ports: readonly number[];
}

export const nothing: Leftovers = { processes: false, folders: [], ports: [] };

/** The demo as a terminal starts it, in a process group of its own, with a temporary folder of its own. */
export class DemoProcess {
  readonly child: ChildProcess;
  output = "";
  readonly #folder = mkdtempSync(join(tmpdir(), "rekey-demo-test-"));

  constructor(command: string, ...words: readonly string[]) {
    // PostgreSQL runs as another user when the demo runs as root.
    chmodSync(this.#folder, 0o755);
    const env = { ...process.env, TMPDIR: this.#folder, NODE_DISABLE_COMPILE_CACHE: "1" };
    this.child = spawn(command, words, { cwd: root, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => (this.output += text));
    }
  }

  /** As Ctrl-C does: to every process of the group. */
  interrupt = (): boolean => process.kill(-this.#group, "SIGINT");

  folders = (): readonly string[] => readdirSync(this.#folder);

  postgresPid(): number {
    const folder = this.folders().find((name) => name.startsWith("rekey-postgres-")) ?? "";
    return Number(readFileSync(join(this.#folder, folder, "data", "postmaster.pid"), "utf8").split("\n")[0]);
  }

  /** With what it said, so that a test that fails shows it. */
  async exit(): Promise<{ readonly code: number | null; readonly output: string }> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, "close");
    return { code: this.child.exitCode, output: this.output };
  }

  async leftovers(): Promise<Leftovers> {
    const told = Array.from(this.output.matchAll(/(?:on port |127\.0\.0\.1:)(\d+)/gu), ([, port]) => Number(port));
    const ports: number[] = [];
    for (const port of new Set(told)) if (await takesConnections(port)) ports.push(port);
    return { processes: this.#groupLives(), folders: this.folders(), ports };
  }

  remove(): void {
    if (this.#groupLives()) process.kill(-this.#group, "SIGKILL");
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #group(): number {
    return this.child.pid ?? Number.NaN;
  }

  #groupLives(): boolean {
    try {
      return process.kill(-this.#group, 0);
    } catch {
      return false;
    }
  }
}
