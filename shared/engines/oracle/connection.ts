import { isIP, type Socket } from "node:net";
import ThinConnectionImpl from "oracledb/lib/thin/connection.js";
import type { AuthMessage } from "oracledb/lib/thin/protocol/messages/auth.js";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Credential, DatabaseTarget } from "../../ports/database-engine.ts";
import type { SecretValue } from "../../secrets/secret-value.ts";
import { cutOnAbort, timeSpent } from "../connecting/cut-on-abort.ts";
import { openPlain, secured } from "../connecting/open-socket.ts";
import { requireVerifiedTls } from "../connecting/tls-options.ts";
import { requireProof } from "./guard-answers.ts";
import { exactName, requireService } from "./names.ts";
import { translateError } from "./translate-error.ts";
import { type Line, LineSession } from "./transport.ts";

const answerTimeoutMs = 10_000;
const mostRows = 100;

export type Row = readonly (string | null)[];

/** One connection that is logged in; every wait on it ends with the call's signal, by cutting the socket. */
export interface Connection {
  /** The user, by the name as the server has it. */
  readonly user: string;
  /** The password that it has, as far as this session knows. */
  readonly password: SecretValue;
  readonly version: string;
  query(operation: string, sql: string, call: CallOptions): Promise<readonly Row[]>;
  /** A statement that changes something. `isClear`: a password is in its text, which goes to a verified server only. */
  change(operation: string, sql: string, call: CallOptions, isClear?: boolean): Promise<void>;
  /** Gives the session's own user another password, encrypted by the key of the login. */
  changePassword(next: SecretValue, call: CallOptions): Promise<void>;
  close(): void;
}

/** The driver's connection, on a session of ours in place of the one that it makes. */
class LineConnection extends ThinConnectionImpl {
  readonly #session: LineSession;

  constructor(session: LineSession) {
    super();
    this.#session = session;
  }

  override get nscon(): LineSession {
    return this.#session;
  }

  override set nscon(_made: object) {}

  override _postConnect(login: AuthMessage): void {
    requireProof(login);
    super._postConnect(login);
  }
}

function descriptorOf({ host, port, dbname, tls }: DatabaseTarget): string {
  const address = `(ADDRESS=(PROTOCOL=${tls.mode === "disable" ? "tcp" : "tcps"})(HOST=${host})(PORT=${port}))`;
  const client = "(CID=(PROGRAM=rekey)(HOST=rekey)(USER=rekey))";
  return `(DESCRIPTION=${address}(CONNECT_DATA=(SERVICE_NAME=${requireService(dbname)})${client}))`;
}

function requireHost({ host }: DatabaseTarget): void {
  if (isIP(host) !== 0 || /^[\w.-]+$/.test(host)) return;
  throw new RekeyError("secret-malformed", { context: { field: "host", problem: "not the name of a host" } });
}

async function lineTo(target: DatabaseTarget, call: CallOptions): Promise<Line & { cut(): void }> {
  const plain = await openPlain(target, call);
  let stream: Socket = await secured(plain, target, call);
  return {
    stream,
    async beginTlsAnew() {
      if (stream === plain)
        throw new RekeyError("server-misbehaved", { context: { problem: "TLS that is not spoken" } });
      stream.removeAllListeners();
      stream = await secured(plain, target, call);
      return stream;
    },
    cut() {
      stream.destroy();
      plain.destroy();
    },
  };
}

/** Connects and logs in: the password is not sent, and the server proves that it knows the user. Errors: `LoginError`'s own. */
export async function connect(target: DatabaseTarget, credential: Credential, call: CallOptions): Promise<Connection> {
  requireHost(target);
  const user = exactName(credential.username);
  const descriptor = descriptorOf(target);
  const line = await lineTo(target, call);
  const session = new LineSession(line, descriptor);
  const driver = new LineConnection(session);
  const close = (): void => {
    session.cut();
    line.cut();
  };

  async function bounded<Result>(operation: string, work: () => Promise<Result>, { signal }: CallOptions) {
    if (signal.aborted) throw timeSpent(operation);
    let isLate = false;
    const late = setTimeout(() => {
      isLate = true;
      line.cut();
    }, answerTimeoutMs);
    try {
      return await cutOnAbort(work, signal, () => line.cut());
    } catch (error) {
      if (isLate) throw new RekeyError("database-timeout", { context: { operation } });
      throw line.fault ?? error;
    } finally {
      clearTimeout(late);
    }
  }

  /** The driver's options: nothing is kept, and what is read is read at once. */
  const options = () => ({ connection: { _impl: driver }, prefetchRows: mostRows, fetchArraySize: mostRows });
  let { password } = credential;

  async function ask<Result>(operation: string, work: () => Promise<Result>, options: CallOptions): Promise<Result> {
    try {
      return await bounded(operation, work, options);
    } catch (error) {
      throw translateError(error, options, operation);
    }
  }

  try {
    const login = { user: credential.username, password: password.reveal(), driverName: "rekey", program: "rekey" };
    await bounded(
      "log in",
      async () => driver.connect({ ...login, connectString: descriptor, stmtCacheSize: 0 }),
      call,
    );
  } catch (error) {
    close();
    throw error;
  }
  // What it cannot read, the driver would ask the server to send again.
  driver._protocol._recoverFromError = async (error) => {
    close();
    throw error;
  };

  return {
    user,
    get password() {
      return password;
    },
    version: driver.serverVersionString,
    async query(operation, sql, how) {
      return ask(
        operation,
        async () => {
          const { resultSet } = await driver.execute(sql, 1, [], options());
          return ((await resultSet?.getRows(mostRows, options())) ?? []) as readonly Row[];
        },
        how,
      );
    },
    async change(operation, sql, how, isClear = false) {
      if (isClear) requireVerifiedTls(target);
      await ask(operation, async () => driver.execute(sql, 1, [], options()), how);
    },
    async changePassword(next, how) {
      const change = async () => driver.changePassword(credential.username, password.reveal(), next.reveal());
      await ask("set password", change, how);
      password = next;
    },
    close,
  };
}
