import { RekeyError } from "../../shared/errors/rekey-error.ts";
import type { DatabaseEngine } from "../../shared/ports/database-engine.ts";
import type { RotationStrategies } from "../../shared/runtime/rotation-function.ts";

/** An engine with the strategies that its rotation function has. */
export interface RotatableEngine<Engine extends DatabaseEngine = DatabaseEngine> {
  readonly engine: Engine;
  readonly strategiesOn: (engine: Engine) => RotationStrategies;
}

/** By the `engine` of the secret's JSON; each brings its driver only when it is asked for. */
const loaders: Readonly<Record<string, () => Promise<RotatableEngine>>> = {
  postgres: async () => {
    const { postgresEngine } = await import("../../shared/engines/postgres/postgres-engine.ts");
    const { strategiesOn } = await import("../../functions/rotate-postgres/strategies.ts");
    return rotatable({ engine: postgresEngine(), strategiesOn });
  },
  redshift: async () => {
    const { redshiftEngine } = await import("../../shared/engines/redshift/redshift-engine.ts");
    const { strategiesOn } = await import("../../functions/rotate-redshift/strategies.ts");
    return rotatable({ engine: redshiftEngine(), strategiesOn });
  },
  mariadb: async () => {
    const { mariadbEngine } = await import("../../shared/engines/mariadb/mariadb-engine.ts");
    const { strategiesOn } = await import("../../functions/rotate-mariadb/strategies.ts");
    return rotatable({ engine: mariadbEngine(), strategiesOn });
  },
  mysql: async () => {
    const { mysqlEngine } = await import("../../shared/engines/mysql/mysql-engine.ts");
    const { strategiesOn } = await import("../../functions/rotate-mysql/strategies.ts");
    return rotatable({ engine: mysqlEngine(), strategiesOn });
  },
  mongodb: async () => {
    const { mongodbEngine } = await import("../../shared/engines/mongodb/mongodb-engine.ts");
    const { strategiesOn } = await import("../../functions/rotate-mongodb/strategies.ts");
    return rotatable({ engine: mongodbEngine(), strategiesOn });
  },
  redis: async () => {
    const { redisEngine } = await import("../../shared/engines/redis/redis-engine.ts");
    const { strategiesOn } = await import("../../functions/rotate-redis/strategies.ts");
    return rotatable({ engine: redisEngine({ report: () => undefined }), strategiesOn });
  },
  "http-api-key": async () => {
    const { grantedOrigins } = await import("../../shared/engines/http-api-key/granted-origins.ts");
    const { httpApiKeyEngine } = await import("../../shared/engines/http-api-key/http-api-key-engine.ts");
    const { environmentOf } = await import("../../shared/runtime/environment.ts");
    const { strategiesOn } = await import("../../functions/rotate-http-api-key/strategies.ts");
    const granted = grantedOrigins(environmentOf(process.env).list("REKEY_HTTP_API_ORIGINS"));
    return rotatable({ engine: httpApiKeyEngine(granted), strategiesOn });
  },
};

/** Drops the engine's own type: `strategiesOn` only ever gets this engine, or one with its shape. */
const rotatable = <Engine extends DatabaseEngine>(one: RotatableEngine<Engine>): RotatableEngine =>
  one as unknown as RotatableEngine;

/** Errors: `engine-unsupported`. */
export async function engineNamed(name: string): Promise<RotatableEngine & { readonly folder: string }> {
  for (const [engine, load] of Object.entries(loaders)) {
    const found = await load();
    if (found.engine.names.includes(name)) return { ...found, folder: `rotate-${engine}` };
  }
  throw new RekeyError("engine-unsupported", { context: { engine: name.slice(0, 40) } });
}
