import pg from "pg";
import { startPostgres } from "../../local/postgres/embedded-postgres.ts";
import { startKeyServer } from "../../tests/support/key-server.ts";

/** Something that a secret is the credential of. */
export interface Account {
  readonly fields: Readonly<Record<string, unknown>>;
  /** That rotates it. */
  readonly functionName: string;
}

export interface Accounts {
  /** Of the HTTP API, for the functions to be granted it. */
  readonly apiOrigin: string;
  /** A fifth of them are users of a PostgreSQL, the others accounts of an HTTP API with two keys. */
  create(nth: number): Promise<Account>;
  /** Whether the credential in a secret's fields logs in. */
  accepts(fields: Readonly<Record<string, unknown>>): Promise<boolean>;
}

const isPostgres = (nth: number): boolean => nth % 5 === 0;

async function logsIn(config: pg.ClientConfig): Promise<boolean> {
  const client = new pg.Client(config);
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end();
  }
}

export async function startAccounts(cleanup: AsyncDisposableStack): Promise<Accounts> {
  const postgres = await startPostgres();
  cleanup.defer(postgres.stop);
  const api = await startKeyServer();
  cleanup.defer(api.stop);
  return {
    apiOrigin: `http://127.0.0.1:${api.port}`,
    async create(nth) {
      const username = `app_${nth}`;
      const password = `canary-first-${crypto.randomUUID()}`;
      const account = { ssl: false, username, password };
      if (isPostgres(nth)) {
        const { host, port } = postgres;
        await postgres.admin(`CREATE ROLE ${username} LOGIN PASSWORD '${password}'`);
        const fields = { engine: "postgres", host, port, dbname: "postgres", ...account };
        return { functionName: "rekey-rotate-postgres", fields };
      }
      api.give(username, password, username);
      const fields = { engine: "http-api-key", host: "127.0.0.1", port: api.port, ...account };
      return { functionName: "rekey-rotate-http-api-key", fields };
    },
    async accepts({ engine, username, password }) {
      const [user, text] = [String(username), String(password)];
      if (engine !== "postgres") return api.accepts(user, text);
      return logsIn({ host: postgres.host, port: postgres.port, database: "postgres", user, password: text });
    },
  };
}
