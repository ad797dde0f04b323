import { EventEmitter } from "node:events";
import pg from "pg";

/** The driver's client as far as its pool uses it. */
interface FakePgClient extends EventEmitter {
  readonly login: pg.ClientConfig;
  readonly isEnded: boolean;
  /** As when the server closes a connection that is ending. */
  close(): void;
}

/** What the driver's pool takes for a client with a server behind it, and what it did. */
export interface FakePgServer {
  readonly Client: NonNullable<pg.PoolConfig["Client"]>;
  /** Passwords that the server refuses. */
  readonly wrong: Set<unknown>;
  readonly made: readonly FakePgClient[];
  /** Whether connections close when they are asked to. */
  closes: boolean;
}

const refusal = (): Error => Object.assign(new pg.DatabaseError("canary", 6, "error"), { code: "28P01" });

/** A query is answered with the login. */
export function fakePgServer(): FakePgServer {
  const made: FakePgClient[] = [];
  const wrong = new Set<unknown>();

  class Client extends EventEmitter implements FakePgClient {
    readonly _queryable = true;
    readonly login: pg.ClientConfig;
    isEnded = false;

    constructor(login: pg.ClientConfig) {
      super();
      this.login = login;
      made.push(this);
    }
    connect(callback: (error?: Error) => void): void {
      queueMicrotask(() => callback(wrong.has(this.login.password) ? refusal() : undefined));
    }
    query(_text: string, _values: unknown, callback: (error: undefined, result: object) => void): void {
      const { user, password } = this.login;
      queueMicrotask(() => callback(undefined, { rows: [{ user, password }] }));
    }
    async end(callback: () => void = () => undefined): Promise<void> {
      this.isEnded = true;
      this.close = () => {
        this.emit("end");
        callback();
      };
      if (server.closes) queueMicrotask(() => this.close());
    }
    close = (): void => undefined;
  }
  const server: FakePgServer = { Client: Client as never, made, wrong, closes: true };
  return server;
}
