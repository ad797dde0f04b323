import pg from "pg";
import { isRekeyError, RekeyError } from "../../errors/rekey-error.ts";
import { createRotatingPool, type RotatingPool } from "../pools/pg/rotating-pool.ts";
import type { RotatingOptions } from "../pools/rotating-options.ts";
import type { SecretClient } from "../secret-client.ts";
import { secretClientToken } from "./tokens.ts";

export interface RotatingTypeOrmOptions<Options extends object> extends Omit<RotatingOptions, "client"> {
  /** The client of `RekeyModule` that reads the secret. Default: the unnamed one. */
  readonly clientName?: string;
  /**
   * TypeORM's options for PostgreSQL, and those of `TypeOrmModule`, without a credential. `host`, `port`, `database` and `ssl`
   * are the secret's where they are not given here; `poolSize` is the pool's limit, `extra` holds the pool's other settings.
   */
  readonly typeorm: Options;
}

/** For `TypeOrmModule.forRootAsync`. */
export interface RotatingTypeOrm<Options extends object> {
  readonly inject: string[];
  readonly useFactory: (client: SecretClient) => Made<Options>;
}

type Made<Options extends object> = Options & {
  readonly type: "postgres";
  readonly driver: object;
  readonly toRetry: (error: unknown) => boolean;
};

/** Of these TypeORM makes pools that log in as somebody else. */
const refused = ["url", "username", "password", "replication", "driver", "nativeDriver", "type"] as const;

/** Nest would offer a refused credential ten times. */
const toRetry = (error: unknown): boolean => !isRekeyError(error) || error.disposition === "retry";

function assertOptions(options: object): void {
  const option = refused.find((name) => Reflect.get(options, name) !== undefined);
  if (option === undefined || (option === "type" && Reflect.get(options, option) === "postgres")) return;
  throw new RekeyError("option-invalid", {
    context: { option: `typeorm.${option}` },
    hint: `remove it: TypeORM logs in to PostgreSQL through a rotating pool, with the secret's user name and password`,
  });
}

/**
 * TypeORM's options for Nest, whose connections follow a secret of PostgreSQL: a transaction that is under way at a rotation
 * ends on its connection, and new work logs in by the new credential. Errors: `option-invalid`; those of the pool of
 * `rekey/client/pg` when TypeORM connects.
 *
 * @example
 * ```ts
 * import { TypeOrmModule } from "@nestjs/typeorm";
 * import { rotatingTypeOrm } from "rekey/client/nestjs/typeorm";
 *
 * export const database = TypeOrmModule.forRootAsync(
 *   rotatingTypeOrm({ secretId: "prod/orders", typeorm: { autoLoadEntities: true, poolSize: 10 } }),
 * );
 * ```
 */
export function rotatingTypeOrm<Options extends object>({
  typeorm,
  clientName,
  ...following
}: RotatingTypeOrmOptions<Options>): RotatingTypeOrm<Options> {
  assertOptions(typeorm);
  return {
    inject: [secretClientToken(clientName)],
    useFactory(client) {
      // TypeORM takes no pool. It takes a driver, and makes its `Pool` with what of its options concerns the pool.
      function Pool(settings: pg.PoolConfig): RotatingPool {
        const given = Object.entries(settings).filter(([, value]) => value !== undefined);
        return createRotatingPool({ ...following, client, pool: Object.fromEntries(given) });
      }
      return { toRetry, ...typeorm, type: "postgres", driver: { ...pg, Pool } };
    },
  };
}
