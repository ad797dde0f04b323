import { type Options, Sequelize } from "sequelize";
import { RekeyError } from "../../../errors/rekey-error.ts";
import { type Acknowledge, assertKnown, type Rotating, type RotatingOptions } from "../rotating-options.ts";
import { assertSettings, type GivenServer, type Settings } from "./login-settings.ts";
import { type RotatingServer, rotatingServer } from "./rotating-server.ts";
import { type ManagerInsides, type ServerConfig, supportedManager } from "./supported-sequelize.ts";

export interface RotatingSequelizeOptions extends RotatingOptions {
  /**
   * Sequelize's options without a credential. `host`, `port`, `database` and TLS (`dialectOptions.ssl`) are the secret's where
   * they are not given here. Of `replication`, the writer and every replica log in with the same secret.
   */
  readonly sequelize: Settings;
  /** A class that extends Sequelize's, such as that of `sequelize-typescript`. Default: Sequelize's. */
  readonly Sequelize?: new (options: Options) => Sequelize;
}

/** A `Sequelize`, for whatever takes one. */
export type RotatingSequelize = Sequelize & Rotating;

const defaultAcquireMs = 60_000;

/** What the service gave for this server. */
function givenFor(config: ServerConfig, settings: Settings, { replication }: ManagerInsides["config"]): GivenServer {
  const { dialect, host, port, database } = settings;
  const server = replication
    ? (settings.replication?.read[replication.read.indexOf(config)] ?? settings.replication?.write)
    : undefined;
  return { dialect, host: server?.host ?? host, port: server?.port ?? port, database: server?.database ?? database };
}

/** Once no server's connections are of an older version; whoever asks before is told so, and asks again. */
function onceAlone(acknowledge: Acknowledge, isAlone: (versionId: string) => boolean): Acknowledge {
  let told: string | undefined;
  return async (adopted) => {
    if (told === adopted.versionId) return;
    if (!isAlone(adopted.versionId)) throw new Error("another server's connections are of an older version");
    await acknowledge(adopted);
    told = adopted.versionId;
  };
}

/**
 * A `Sequelize` that survives rotations, for the dialects postgres, mysql and mariadb: new connections, to the writer and to
 * each replica, take the newest user name and password; a login that is refused is tried again with AWSCURRENT as it is now,
 * then with AWSPENDING. Idle connections of a replaced credential are closed at once, those in use when they are released. A
 * query is sent once. `close` may be called more than once. Errors, from queries: Sequelize's and the client's,
 * `credential-refused`, `tls-refused`, `secret-malformed`, `pool-closed`. At once: `option-invalid`, `driver-unsupported`,
 * and those of `new Sequelize`.
 *
 * @example
 * ```ts
 * import { createSecretClient, type SecretSource } from "rekey/client";
 * import { createRotatingSequelize } from "rekey/client/sequelize";
 *
 * declare const source: SecretSource;
 * const client = createSecretClient({ source });
 * const sequelize = createRotatingSequelize({
 *   client,
 *   secretId: "prod/orders",
 *   sequelize: { dialect: "postgres", pool: { max: 10 } },
 * });
 * await sequelize.query("SELECT now()");
 * ```
 */
export function createRotatingSequelize({
  sequelize: settings,
  Sequelize: Chosen = Sequelize,
  ...options
}: RotatingSequelizeOptions): RotatingSequelize {
  assertKnown(options, "sequelize");
  assertSettings(settings);
  const servers = new Map<ServerConfig, RotatingServer>();
  const some = (is: (server: RotatingServer) => boolean): boolean => [...servers.values()].some(is);
  const isCurrent = (connection: object): boolean => some((server) => server.isCurrent(connection));
  const validate = (connection: object): boolean =>
    isCurrent(connection) && (settings.pool?.validate ?? manager._validate.bind(manager))(connection);
  const sequelize = new Chosen({ ...settings, pool: { ...settings.pool, validate } } as Options);
  const manager = supportedManager(sequelize);
  const own = {
    connect: manager.connect.bind(manager),
    disconnect: manager.disconnect.bind(manager),
    pool: manager.pool,
  };
  const release = manager.releaseConnection.bind(manager);
  const { acknowledge } = options;
  const following = {
    ...options,
    ...(acknowledge === undefined
      ? {}
      : { acknowledge: onceAlone(acknowledge, (versionId) => !some((server) => !server.isAlone(versionId))) }),
  };
  let ending: Promise<void> | undefined;

  function serverOf(config: ServerConfig): RotatingServer {
    const known = servers.get(config);
    if (known !== undefined) return known;
    const given = {
      ...givenFor(config, settings, manager.config),
      acquireMs: settings.pool?.acquire ?? defaultAcquireMs,
    };
    const server = rotatingServer(config, given, own, following);
    servers.set(config, server);
    return server;
  }

  async function end(): Promise<void> {
    await Promise.all([...servers.values()].map(async (server) => server.end()));
    await manager.pool.destroyAllNow();
  }

  Object.assign(manager, {
    async connect(config: ServerConfig) {
      if (ending !== undefined) throw new RekeyError("pool-closed", { context: { secret: options.secretId } });
      return serverOf(config).connect();
    },
    disconnect: async (connection: object) =>
      own.disconnect(connection).finally(() => servers.forEach((server) => server.gone(connection))),
    releaseConnection(connection: object) {
      if (isCurrent(connection)) release(connection);
      else manager.pool.destroy(connection);
    },
    close: async () => (ending ??= end()),
  });
  const state = {
    get refusedLogins() {
      return [...servers.values()].reduce((sum, server) => sum + server.refusedLogins, 0);
    },
    get versionId() {
      return [...servers.values()].find(({ versionId }) => versionId !== undefined)?.versionId;
    },
    [Symbol.asyncDispose]: async () => sequelize.close(),
  };
  return Object.defineProperties(sequelize, Object.getOwnPropertyDescriptors(state)) as RotatingSequelize;
}
