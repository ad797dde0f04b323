import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Probed } from "./console-probe.ts";
import { table } from "./filled-account.ts";

export interface Timed {
  readonly answer: unknown;
  readonly ms: number;
}

export interface RunningConsole {
  readonly secrets: number;
  readonly origin: string;
  /** When its process was started, by `performance.now()`. */
  readonly startedMs: number;
  /** An address that opens once. */
  newAddress(): Promise<string>;
  /** From the request to the whole answer. */
  get(path: string): Promise<Timed>;
  /** The events of a stream, until it is left. */
  events(path: string): AsyncGenerator;
  probe(): Promise<Probed>;
  /** ListSecrets so far. */
  lists(): Promise<number>;
  /** Changes the first secret in the account; the console does not know of it yet. */
  touch(): Promise<void>;
}

const accountChild = fileURLToPath(new URL("account-child.ts", import.meta.url));
const consoleProbe = fileURLToPath(new URL("console-probe.ts", import.meta.url));

async function ask<Answer>(child: ChildProcess, wish = "tell"): Promise<Answer> {
  const answer = once(child, "message");
  child.send(wish);
  const [message] = (await answer) as [Answer];
  return message;
}

async function startAccount(secrets: number, cleanup: AsyncDisposableStack) {
  const child = fork(accountChild, [String(secrets)]);
  const ended = once(child, "exit");
  cleanup.defer(async () => {
    if (child.connected) child.disconnect();
    await ended;
  });
  const [place] = (await Promise.race([once(child, "message"), ended])) as unknown[];
  if (typeof place !== "object" || place === null) throw new Error("the account did not start");
  return { child, place: place as { readonly endpoint: string; readonly vaultAddress: string } };
}

async function* eventsOf(response: Response): AsyncGenerator {
  let text = "";
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString();
    const parts = text.split("\n\n");
    text = parts.pop() ?? "";
    for (const part of parts) {
      const data = part.split("\n").find((line) => line.startsWith("data: "));
      if (data !== undefined) yield JSON.parse(data.slice("data: ".length));
    }
  }
}

/** The built `rekey console` beside an account with so many secrets, each in a process of its own. */
export async function startConsoleOf(secrets: number, cleanup: AsyncDisposableStack): Promise<RunningConsole> {
  const { child: account, place } = await startAccount(secrets, cleanup);
  const startedMs = performance.now();
  const program = resolve(import.meta.dirname, "../../dist/package/cli/rekey.js");
  const child = spawn(process.execPath, ["--expose-gc", "--import", consoleProbe, program, "console"], {
    env: {
      ...process.env,
      AWS_ENDPOINT_URL: place.endpoint,
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: "bench",
      AWS_SECRET_ACCESS_KEY: "bench",
      VAULT_ADDR: place.vaultAddress,
      VAULT_AUTH: "token",
      VAULT_CREDENTIAL_SECRET: "rekey/vault",
      REKEY_ADOPTION_TABLE: table,
    },
    stdio: ["pipe", "pipe", "ignore", "ipc"],
  });
  const closed = once(child, "close");
  cleanup.defer(async () => {
    child.kill("SIGTERM");
    await closed;
  });
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new Error("the console has no terminal");
  const lines = createInterface(stdout);
  const [address] = (await Promise.race([once(lines, "line"), closed])) as [string];
  const { origin, hash } = new URL(address);
  const opened = await fetch(`${origin}/api/session`, {
    method: "POST",
    headers: { Origin: origin, "Content-Type": "application/json" },
    body: JSON.stringify({ token: new URLSearchParams(hash.slice(1)).get("token") }),
  });
  const headers = { Cookie: opened.headers.getSetCookie()[0]?.split(";")[0] ?? "" };
  return {
    secrets,
    origin,
    startedMs,
    async newAddress() {
      const line = once(lines, "line");
      stdin.write("\n");
      const [next] = (await line) as [string];
      return next;
    },
    async get(path) {
      const beganMs = performance.now();
      const response = await fetch(`${origin}/api${path}`, { headers });
      const answer: unknown = await response.json();
      if (!response.ok) throw new Error(JSON.stringify(answer));
      return { answer, ms: performance.now() - beganMs };
    },
    async *events(path) {
      const left = new AbortController();
      try {
        yield* eventsOf(await fetch(`${origin}/api${path}`, { headers, signal: left.signal }));
      } finally {
        left.abort();
      }
    },
    probe: async () => ask<Probed>(child),
    lists: async () => ask<number>(account),
    async touch() {
      await ask<number>(account, "touch");
    },
  };
}
