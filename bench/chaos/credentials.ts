import { startPostgres } from "../../local/postgres/embedded-postgres.ts";
import { startKeyServer } from "../../tests/support/key-server.ts";

/** Something that a secret is the credential of. */
export interface Account {
  readonly fields: Readonly<Record<string, unknown>>;
  /** The output of the template with its rotation function. */
  readonly functionOutput: string;
}

export interface Accounts {
  /** A fifth of them are users of a PostgreSQL, the others accounts of an HTTP API with two keys. */
  create(nth: number): Promise<Account>;
}

const isPostgres = (nth: number): boolean => nth % 5 === 0;

export async function startAccounts(cleanup: AsyncDisposableStack): Promise<Accounts> {
  const postgres = await startPostgres();
  cleanup.defer(postgres.stop);
  const api = await startKeyServer();
  cleanup.defer(api.stop);
  return {
    async create(nth) {
      const username = `app_${nth}`;
      const password = `canary-first-${crypto.randomUUID()}`;
      const account = { ssl: false, username, password };
      if (isPostgres(nth)) {
        const { host, port } = postgres;
        await postgres.admin(`CREATE ROLE ${username} LOGIN PASSWORD '${password}'`);
        const fields = { engine: "postgres", host, port, dbname: "postgres", ...account };
        return { functionOutput: "RotatePostgresArn", fields };
      }
      api.give(username, password, username);
      const fields = { engine: "http-api-key", host: "127.0.0.1", port: api.port, ...account };
      return { functionOutput: "RotateHttpApiKeyArn", fields };
    },
  };
}
