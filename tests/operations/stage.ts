import { randomUUID } from "node:crypto";
import { startPostgres } from "../../local/postgres/embedded-postgres.ts";
import { strategiesOn } from "../../functions/rotate-postgres/rotation.ts";
import { postgresEngine } from "../../shared/engines/postgres/postgres-engine.ts";
import type { RotationDependencies } from "../../shared/rotation/dependencies.ts";
import { rotationMemory } from "../../shared/rotation/rotation-memory.ts";
import { generatePassword } from "../../shared/secrets/password.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";
import { grantsOf } from "../../shared/testing/grants.ts";
import { type MemoryStore, memoryStore } from "../../shared/testing/memory-store.ts";

export const adminArn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:admin-AbCdEf";

/** Secrets in memory whose database is a real PostgreSQL. */
export async function startOperationsStage() {
  const postgres = await startPostgres();
  const { host, port } = postgres;
  const engine = postgresEngine();
  const depsOf = (store: MemoryStore): RotationDependencies => ({
    store,
    publisher: { publish: async () => undefined },
    engine,
    defaultStrategy: "single-user",
    ...strategiesOn(engine),
    grants: grantsOf({ admins: { [adminArn]: [{ host, port }] }, adminTls: "disable" }),
    generatePassword,
    memory: rotationMemory(),
    nowMs: Date.now,
    report: () => undefined,
  });
  const secretJson = (username: string, fields: object = {}): SecretValue =>
    new SecretValue(
      JSON.stringify({
        engine: "postgres",
        host,
        port,
        username,
        password: `${username}-canary`,
        ssl: false,
        ...fields,
      }),
    );

  return {
    postgres,
    engine,
    depsOf,
    secretJson,
    /** A secret whose user is made as `role` says, such as `LOGIN CONNECTION LIMIT 3`. */
    async secret(options: { readonly username?: string; readonly role?: string; readonly fields?: object } = {}) {
      const { username = `app_${randomUUID().slice(0, 8)}`, role = "LOGIN", fields = {} } = options;
      await postgres.admin(`CREATE ROLE ${username} ${role} PASSWORD '${username}-canary'`);
      const secretArn = `arn:aws:secretsmanager:us-east-1:123456789012:secret:${username}-AbCdEf`;
      const store = memoryStore(secretArn, secretJson(username, fields));
      return { username, secretArn, store, deps: depsOf(store) };
    },
  };
}

export type OperationsStage = Awaited<ReturnType<typeof startOperationsStage>>;
