import { type ChildProcess, fork } from "node:child_process";
import { RekeyError } from "../../shared/errors/rekey-error.ts";
import type { CallOptions } from "../../shared/ports/call.ts";
import type { DatabaseTarget } from "../../shared/ports/database-engine.ts";
import { type Answer, errorIn, type Question } from "./messages.ts";

/** Longer than any engine waits for a server: to connect 5 s, for an answer 15 s. */
const defaultLimitMs = 30_000;
const memoryMb = 256;
const idleMs = 30_000;
const mostIdle = 8;

/** Next to this file, which is bundled into the command line, and the process's own bundle next to that. */
const ownEntry = new URL(
  import.meta.url.endsWith(".ts") ? "./login-process.ts" : "./login-process.js",
  import.meta.url,
);

/** One process that holds one connection at a time. */
export interface LoginProcess {
  /**
   * Whatever fails here kills the process. Errors: what the engine fails with; `time-budget-spent` at the signal or the
   * limit, `server-misbehaved` when the process dies of what it was sent.
   */
  ask(question: Question, call: CallOptions): Promise<Answer>;
  /** Gives it back for the next login to the same server. */
  release(): void;
  kill(): void;
}

export interface LoginProcesses {
  /** Errors: `internal-fault` where no process can be started. */
  to(target: Pick<DatabaseTarget, "host" | "port">): LoginProcess;
}

/** What says whom to trust and which HTTP APIs may be reached. */
const passedOn = [
  "NODE_EXTRA_CA_CERTS",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "SystemRoot",
  "REKEY_HTTP_APIS",
  "REKEY_HTTP_API_GRANTS",
  "REKEY_HTTP_API_ORIGINS",
];

/** Nothing else of the caller's environment: no credentials, and nothing that a driver takes for a setting. */
const environment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(passedOn.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])));

function start(entry: URL): ChildProcess {
  const child = fork(entry, {
    execArgv: [`--max-old-space-size=${memoryMb}`],
    env: environment(),
    serialization: "advanced",
    // A driver's or the runtime's own output may hold anything.
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  child.unref();
  child.channel?.unref();
  return child;
}

function loginProcess(
  entry: URL,
  limitMs: number,
  { host, port }: Pick<DatabaseTarget, "host" | "port">,
  released: (one: LoginProcess) => void,
  gone: (one: LoginProcess) => void,
): LoginProcess {
  const child = start(entry);
  let isReady = false;
  let isGone = false;
  let hear: (answer: Answer | RekeyError) => void = () => undefined;

  function end(): void {
    isGone = true;
    child.kill("SIGKILL");
    gone(one);
  }
  const death = (): RekeyError =>
    isReady
      ? new RekeyError("server-misbehaved", {
          context: { host, port, problem: "what it sent ended the login process" },
        })
      : new RekeyError("internal-fault", { context: { problem: "no process for the login could be started" } });
  const isOver = (): void => {
    end();
    hear(death());
  };
  child.on("exit", isOver).on("error", isOver);
  child.on("message", (answer: Answer) => {
    if (answer.of === "ready") isReady = true;
    else hear(answer);
  });

  const one: LoginProcess = {
    async ask(question, { signal }) {
      const late = (hint: string): RekeyError =>
        new RekeyError("time-budget-spent", { context: { operation: question.ask, host, port }, hint });
      if (signal.aborted) throw late("nothing more was asked");
      if (isGone) throw death();
      const cut = (): void => hear(late("the connection was cut"));
      const limit = (): void => hear(late("the login was ended by force: see what answers on that host and port"));
      // The timer also keeps the caller alive until there is an answer.
      const timer = setTimeout(limit, limitMs);
      signal.addEventListener("abort", cut, { once: true });
      const answer = await new Promise<Answer | RekeyError>((resolve) => {
        hear = resolve;
        child.send(question, (error) => error !== null && isOver());
      });
      clearTimeout(timer);
      signal.removeEventListener("abort", cut);
      if (answer instanceof RekeyError) {
        end();
        throw answer;
      }
      if (answer.of === "failure") {
        end();
        throw errorIn(answer);
      }
      return answer;
    },
    release: () => (isGone ? undefined : released(one)),
    kill: end,
  };
  return one;
}

const alive = new Set<LoginProcess>();
process.on("exit", () => {
  for (const one of alive) one.kill();
});

/**
 * Processes in which an operator's tools log in, so that a server whose answers keep a driver busy without an end, or
 * exhaust its memory, holds up one login and not the tool. Each connects to one server only, and is killed at the caller's
 * signal or after `limitMs` (default: 30 s). An idle one serves the next login to the same server, and does not keep the
 * caller alive.
 */
export function loginProcesses({ entry = ownEntry, limitMs = defaultLimitMs } = {}): LoginProcesses {
  const idle = new Map<LoginProcess, { readonly place: string; readonly timer: NodeJS.Timeout }>();

  function gone(one: LoginProcess): void {
    alive.delete(one);
    clearTimeout(idle.get(one)?.timer);
    idle.delete(one);
  }

  return {
    to(target) {
      const place = JSON.stringify([target.host, target.port]);
      for (const [one, { place: known, timer }] of idle) {
        if (known !== place) continue;
        clearTimeout(timer);
        idle.delete(one);
        return one;
      }
      const released = (one: LoginProcess): void => {
        idle.set(one, { place, timer: setTimeout(() => one.kill(), idleMs).unref() });
        const [oldest] = idle.keys();
        if (idle.size > mostIdle) oldest?.kill();
      };
      const made = loginProcess(entry, limitMs, target, released, gone);
      alive.add(made);
      return made;
    },
  };
}
