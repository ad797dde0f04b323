import { once } from "node:events";
import { connect as connectSocket, type Socket } from "node:net";
import { createConnection, type Connection as Driver, type RowDataPacket } from "mysql2";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Credential, DatabaseTarget } from "../../ports/database-engine.ts";
import { type Account, parseAccount } from "./names.ts";
import { timeSpent, unlessAborted } from "../connecting/cut-on-abort.ts";
import { closeTimeoutMs, connectTimeoutMs } from "../connecting/limits.ts";
import { isVerified, tlsOptions } from "../connecting/tls-options.ts";
import { authPlugins } from "./auth-plugins.ts";
import { guardAnswers } from "./guard-answers.ts";
import { type Refused, refusedBy } from "./server-errors.ts";
import { errorNumber, translateError } from "./translate-error.ts";

/** Longer than the session's own lock time-outs, so that those are reported as what they are. */
const statementTimeoutMs = 10_000;

/** One connection; every wait on it ends with the call's signal, by cutting the socket. */
export interface Connection {
  /** The account that the server took this session for. */
  readonly account: Account;
  /** Whether the server's certificate was verified, so that a password may be sent in clear. */
  readonly isVerified: boolean;
  /** Whether the server offers TLS, and the connection is without. */
  readonly couldBeEncrypted: boolean;
  /** Runs one statement that changes nothing. Errors: the table of `translateError`. */
  run<Row extends object>(operation: string, sql: string, call: CallOptions): Promise<readonly Row[]>;
  /**
   * Runs one statement that changes an account. `foretell` makes, in a rehearsal, the checks that are the server's own
   * otherwise.
   */
  change(operation: string, sql: string, call: CallOptions, foretell?: () => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

/** The driver names no host to Node's check of an IP address, which then compares with `localhost`, or with this. */
function openSocket({ host, port }: DatabaseTarget): Socket {
  return Object.assign(connectSocket({ host, port, noDelay: true }), { _host: host });
}

const query = async (driver: Driver, sql: string): Promise<unknown> =>
  new Promise((resolve, reject) => {
    driver.query<RowDataPacket[]>(sql, (error, rows) => (error === null ? resolve(rows) : reject(error)));
  });

/** Of the server's greeting: it offers TLS. */
const offersTlsFlag = 0x800;
const offersTls = (driver: Driver): boolean =>
  (Number(Reflect.get(driver, "serverCapabilityFlags") ?? 0) & offersTlsFlag) !== 0;

/** A login that the server refused, and whether the connection could have been encrypted and was not. */
export interface RefusedLogin extends Refused {
  readonly couldBeEncrypted: boolean;
}

/** A session may begin with a `sql_select_limit` of none. */
async function askAccount(run: Connection["run"], call: CallOptions): Promise<Account> {
  const ask = async (): Promise<readonly { account: string }[]> =>
    run("read account", "SELECT CURRENT_USER() AS account", call);
  const first = await ask();
  if (first.length === 0) await run("set up session", "SET SESSION sql_select_limit = DEFAULT", call);
  const [row] = first.length === 0 ? await ask() : first;
  return parseAccount(row?.account ?? "");
}

/** Connects and logs in. A refused login is a result. Errors: the table of `translateError`. */
export async function connect(
  target: DatabaseTarget,
  credential: Credential,
  call: CallOptions,
): Promise<Connection | RefusedLogin> {
  if (call.signal.aborted) throw timeSpent("log in");
  const mayTakeCleartext = isVerified(target.tls);
  const ssl = tlsOptions(target.tls);
  let socket: Socket | undefined;
  let isReached = false;
  const driver = createConnection({
    host: target.host,
    port: target.port,
    stream: () => {
      socket = openSocket(target).once("connect", () => {
        isReached = true;
      });
      return socket;
    },
    user: credential.username,
    password: credential.password.reveal(),
    ...(target.dbname === "" ? {} : { database: target.dbname }),
    ...(ssl === undefined ? {} : { ssl: { ...ssl, verifyIdentity: target.tls.mode === "verify-full" } }),
    connectTimeout: connectTimeoutMs,
    authPlugins: authPlugins(credential.password, mayTakeCleartext),
    enableCleartextPlugin: mayTakeCleartext,
    charset: "utf8mb4",
    flags: ["-LOCAL_FILES"],
    disableEval: true,
    // Every statement is written whole.
    queryFormat: (sql: string) => sql,
    connectAttributes: { program_name: "rekey" },
  });
  const couldBeEncrypted = (): boolean => ssl === undefined && offersTls(driver);
  const guard = guardAnswers(driver);
  const cut = (): void => {
    socket?.destroy();
  };
  // A cut connection is reported by the statement in flight, if the driver still knows it; without a listener it would end
  // the process.
  const lost = new Promise<never>((_resolve, reject) => {
    driver.on("error", reject);
  });
  lost.catch(() => undefined);

  async function run<Row extends object>(operation: string, sql: string, { signal }: CallOptions) {
    const limit = AbortSignal.timeout(statementTimeoutMs);
    const ask = async (): Promise<unknown> => {
      guard.expectAnswer();
      return Promise.race([query(driver, sql), lost]);
    };
    try {
      const rows = await unlessAborted(ask, AbortSignal.any([signal, limit]), cut);
      return (Array.isArray(rows) ? rows : []) as readonly Row[];
    } catch (error) {
      // What was sent may still be answered, so nothing else can be asked.
      if (errorNumber(error) === undefined) cut();
      if (limit.aborted && !signal.aborted) throw new RekeyError("database-timeout", { context: { operation } });
      throw translateError(error, { signal }, operation, isReached);
    }
  }

  const open = async (): Promise<void> =>
    new Promise((resolve, reject) => {
      driver.connect((error) => (error === null ? resolve() : reject(error)));
    });
  try {
    await unlessAborted(open, call.signal, cut);
    // A server may let a user with an expired password in, to change it and nothing else.
    const account = await askAccount(run, call);
    return {
      account,
      isVerified: mayTakeCleartext,
      couldBeEncrypted: couldBeEncrypted(),
      run,
      async change(operation, sql, by) {
        await run(operation, sql, by);
      },
      async close() {
        if (socket === undefined || socket.destroyed) return;
        const closed = once(socket, "close").catch(() => undefined);
        const forced = setTimeout(cut, closeTimeoutMs);
        driver.end(() => undefined);
        await closed;
        clearTimeout(forced);
      },
    };
  } catch (error) {
    cut();
    const refused = refusedBy(errorNumber(error));
    if (refused !== undefined) return { ...refused, couldBeEncrypted: couldBeEncrypted() };
    throw translateError(error, call, "log in", isReached);
  }
}
