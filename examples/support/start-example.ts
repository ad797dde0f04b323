import { startPostgres } from "../../local/postgres/embedded-postgres.ts";
import { startStage } from "../../shared/testing/engine-contract/stage.ts";
import { postgresFixture } from "../../tests/support/postgres-fixture.ts";
import { createSecretClient, type SecretClient, type SecretSource } from "rekey/client";
import { secretsManagerSource } from "rekey/client/secrets-manager";

export interface Example extends AsyncDisposable {
  readonly client: SecretClient;
  /** Of a client of the service's own. */
  readonly source: SecretSource;
  readonly secretId: string;
  /** Rotates the secret's only user: from now on the server refuses the password before. */
  rotate(): Promise<void>;
}

/**
 * A PostgreSQL with a table `notes`, and a Secrets Manager on loopback with the secret of a user who may write it. The
 * examples set `maxUses: 1`, so that each query logs in and meets the changed password.
 */
export async function startExample(): Promise<Example> {
  await using starting = new AsyncDisposableStack();
  const postgres = await startPostgres();
  starting.defer(postgres.stop);
  const fixture = postgresFixture("PostgreSQL", async () => postgres);
  const stage = await startStage(fixture, await fixture.start());
  starting.defer(stage.stop);
  const { id: secretId, account } = await stage.newSecret({ strategy: "single-user", usesAdmin: false });
  await postgres.admin(
    `CREATE TABLE notes (id int GENERATED ALWAYS AS IDENTITY, text text NOT NULL); GRANT ALL ON notes TO ${account.username}`,
  );
  const source = secretsManagerSource(stage.aws.own);
  const client = createSecretClient({ source });
  starting.use(client);
  const stops = starting.move();
  return {
    client,
    source,
    secretId,
    rotate: async () => void (await stage.rotate(secretId)),
    [Symbol.asyncDispose]: async () => stops.disposeAsync(),
  };
}
