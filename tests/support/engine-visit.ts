import type { CallOptions } from "../../shared/ports/call.ts";
import type { DatabaseTarget } from "../../shared/ports/database-engine.ts";
import { mariadbEngine } from "../../shared/engines/mariadb/mariadb-engine.ts";
import { mysqlEngine } from "../../shared/engines/mysql/mysql-engine.ts";
import { postgresEngine } from "../../shared/engines/postgres/postgres-engine.ts";
import { redshiftEngine } from "../../shared/engines/redshift/redshift-engine.ts";
import { isRekeyError } from "../../shared/errors/rekey-error.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";

const engines = {
  mariadb: mariadbEngine(),
  mysql: mysqlEngine(),
  postgres: postgresEngine(),
  redshift: redshiftEngine(),
} as const;

export interface EngineVisit {
  readonly engine: keyof typeof engines;
  readonly port: number;
  readonly tls?: DatabaseTarget["tls"];
  readonly password?: string;
  /** What is done once in. Nothing by default. */
  readonly operation?: "setPassword" | "syncPair" | "inspect";
  readonly deadlineMs?: number;
  /** The call ends after so many turns of the event loop. */
  readonly turns?: number;
}

/** What a visit came to: a code, a refusal or `done`. Whatever is no `RekeyError` is thrown on. */
export interface Outcome {
  readonly result: string;
  readonly context?: object;
}

function endAfterTurns(turns: number): AbortSignal {
  const call = new AbortController();
  const turn = (left: number): void => {
    if (left === 0) return call.abort();
    setImmediate(() => turn(left - 1));
  };
  turn(turns);
  return call.signal;
}

/** Logs an engine in to a server on loopback, as a step does, and does one thing there. */
export async function visitServer(visit: EngineVisit): Promise<Outcome> {
  const { port, tls = { mode: "disable" }, password = "canary-password", operation, deadlineMs = 20_000 } = visit;
  const target: DatabaseTarget = {
    engine: visit.engine,
    host: "127.0.0.1",
    port,
    dbname: "postgres",
    tls,
    options: new Map(),
  };
  const call: CallOptions = {
    signal: visit.turns === undefined ? AbortSignal.timeout(deadlineMs) : endAfterTurns(visit.turns),
  };
  const credential = { username: "app", password: new SecretValue(password) };
  try {
    const login = await engines[visit.engine].login(target, credential, call);
    if (!login.ok) return { result: login.refusal };
    await using session = login.session;
    if (operation === "setPassword") await session.setPassword(credential, call);
    if (operation === "inspect") await session.inspect(["app"], call);
    if (operation === "syncPair") {
      const next = { ...credential, username: "app_clone" };
      await session.syncPair({ first: "app", alternate: "app_clone", isGranted: true }, next, call);
    }
    return { result: "done" };
  } catch (error) {
    if (!isRekeyError(error)) throw error;
    return { result: error.code, context: error.context };
  }
}
