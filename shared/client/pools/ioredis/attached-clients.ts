import type { SourceVersion } from "../../sources/secret-source.ts";
import { AttachedConnection, type Logins } from "./attached-connection.ts";
import type { DriverCluster, DriverConnection } from "./supported-client.ts";
import type { VersionLogins } from "./version-logins.ts";

const isCluster = (client: DriverConnection | DriverCluster): client is DriverCluster =>
  Reflect.get(client, "isCluster") === true;

/** Every connection that came of one client: itself, the nodes of a Cluster, and duplicates of them all. */
export class AttachedClients {
  readonly #logins: Logins;
  readonly #versions: VersionLogins;
  readonly #live = new Set<AttachedConnection>();
  readonly #attached = new WeakSet<object>();

  constructor(versions: VersionLogins, changed: () => void) {
    this.#versions = versions;
    this.#logins = {
      onStream: async (stream, connectTimeoutMs) => versions.onStream(stream, connectTimeoutMs),
      onLive: async (redis, version, has) => versions.onLive(redis, version, has),
      changed,
    };
  }

  attach(client: DriverConnection | DriverCluster): void {
    if (this.#attached.has(client)) return;
    this.#attached.add(client);
    if (isCluster(client)) this.#attachCluster(client);
    else this.#attachConnection(client);
  }

  rotated(version: SourceVersion): void {
    for (const connection of this.#live) connection.rotated(version);
  }

  /** Whether each connection that is ready has logged in as this version. */
  areAllOf(versionId: string): boolean {
    return [...this.#live].every((one) => one.versionId === undefined || one.versionId === versionId);
  }

  #attachConnection(redis: DriverConnection): void {
    const connection = new AttachedConnection(redis, this.#logins);
    redis.on("connecting", () => void this.#live.add(connection));
    redis.on("end", () => {
      this.#live.delete(connection);
      this.#logins.changed();
    });
    const duplicate = redis.duplicate.bind(redis);
    redis.duplicate = (override) => {
      const given = Object(override) as { readonly [name: string]: unknown };
      // Whoever gives another credential means it.
      if (given["username"] !== undefined || given["password"] !== undefined) return duplicate(override);
      const copy = duplicate({ ...given, lazyConnect: true });
      this.attach(copy);
      if (given["lazyConnect"] === false) copy.connect().catch(() => undefined);
      return copy;
    };
  }

  #attachCluster(cluster: DriverCluster): void {
    const node = (redis: DriverConnection): void => {
      this.attach(redis);
      this.#lend(redis);
    };
    for (const redis of cluster.nodes()) node(redis);
    cluster.on("+node", (redis) => node(redis as DriverConnection));
    const { subscriber } = cluster;
    const select = subscriber.selectSubscriber.bind(subscriber);
    subscriber.selectSubscriber = (...given) => {
      const result = select(...given);
      const redis = subscriber.getInstance();
      if (redis !== null) this.attach(redis);
      return result;
    };
    const duplicate = cluster.duplicate.bind(cluster);
    cluster.duplicate = (...given) => {
      const copy = duplicate(...given);
      this.attach(copy);
      return copy;
    };
  }

  /** A Cluster makes its subscriber of a node's options, and may connect it before anyone else has it. */
  #lend({ options }: DriverConnection): void {
    for (const name of ["username", "password"] as const) {
      const get = (): string | undefined => this.#versions.accepted?.[name];
      Object.defineProperty(options, name, { configurable: true, enumerable: false, get });
    }
  }
}
