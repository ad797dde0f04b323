import type { SecretClient } from "../../shared/client/secret-client.ts";
import type { DatabaseSecret } from "../../shared/secrets/database-secret.ts";
import type { EngineFixture } from "../../shared/testing/engine-contract/fixture.ts";

/** A service that makes a new connection for each query. */
export interface Service {
  /** `worker` numbers those who ask at the same time. */
  query(worker: number): Promise<void>;
  /** Logins that were refused without the loss of a query. */
  readonly recovered: number;
  end(): Promise<void>;
}

/** A server with its engine, and how services use it. The server takes a few hundred connections at once. */
export interface Product {
  readonly fixture: EngineFixture;
  /** How many ask at the same time; default: 64. */
  readonly connections?: number;
  /** With rekey's pool or connection. */
  rotating(client: SecretClient, secretId: string, connections: number): Service;
  /** A connection with this credential, and one query on it. */
  queryAs(secret: DatabaseSecret): Promise<void>;
}
