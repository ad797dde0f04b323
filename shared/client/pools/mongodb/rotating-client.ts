import { RekeyError } from "../../../errors/rekey-error.ts";
import { parseLoginSecret } from "../../../secrets/database-secret.ts";
import { callListener } from "../../call-listener.ts";
import { keptAlive } from "../../kept-alive.ts";
import { codeOrName } from "../../name-of-thrown.ts";
import type { SourceVersion } from "../../sources/secret-source.ts";
import { acknowledging } from "../acknowledging.ts";
import { credentialCandidates } from "../credential-candidates.ts";
import type { Rotating, RotatingOptions } from "../rotating-options.ts";
import { explainedError, type Explanation, tlsFailure } from "../tls-failure.ts";
import { ClientEvents } from "./client-events.ts";
import { facade, type Served } from "./facade.ts";
import { assertNoCredential, loginOptions, type MongoLogin, type MongoServer, serverUrl } from "./mongo-login.ts";
import { loginPlace, member, type RotatableMongo } from "./supported-client.ts";
import { type UserLogin, userLogin } from "./user-login.ts";
import { Uses } from "./uses.ts";

export type { MongoLogin, MongoServer } from "./mongo-login.ts";
export type { RotatableMongo } from "./supported-client.ts";

export interface RotatingClientOptions<Mongo extends RotatableMongo> extends RotatingOptions {
  /** `(url, options) => new MongoClient(url, { ...options, maxPoolSize: 20 })`, a new client each time. Called at each rotation. */
  readonly createClient: (url: string, options: MongoLogin) => Mongo;
  /** Where to connect, in place of the secret's `host`, `port` and `dbname`: `{ url: "mongodb+srv://cluster.example/orders" }`. */
  readonly server?: MongoServer;
}

export interface RotatingClient<Mongo> extends Rotating {
  /** A MongoClient: one for as long as the service lives. Its `close` is `end`. */
  readonly mongo: Mongo;
  /** Told once nothing uses the client of a replaced version any more. */
  onDrained(listener: (versionId: string) => void): void;
  /** Lets what is under way finish within `drainTimeoutMs`, and closes all clients. Idempotent. */
  end(): Promise<void>;
}

/** A MongoClient for one version of the secret. */
interface Generation<Mongo extends RotatableMongo> extends Served<Mongo> {
  readonly version: SourceVersion;
  readonly login: UserLogin;
}

const firstPauseMs = 1_000;
const longestPauseMs = 30_000;

const withoutTls: Explanation = {
  code: "tls-refused",
  context: { reason: "server without TLS" },
  hint: "the server closed the connection when TLS began: turn TLS on there, or write ssl: false in the secret",
};

/** The driver's error for a server that it does not reach has the cause in its chain. */
function explained(error: unknown, secretId: string): unknown {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth++) {
    if (cause instanceof RekeyError) return cause;
    // Node's message; its code is that of any connection that is cut.
    const isCut = cause.message.includes("before secure TLS connection was established");
    const failure = isCut ? withoutTls : tlsFailure(cause);
    if (failure !== undefined) return explainedError(secretId, failure);
  }
  return error;
}

/**
 * A MongoClient that survives rotations, for the `mongodb` driver and for mongoose. At a rotation a second client logs in by
 * the new credential; then all new work goes there, also that of `db()` and `collection()` handles made before, while
 * cursors, change streams, sessions and their transactions end on the client that they began on. A refused login is made again by
 * AWSCURRENT as it is now, then by AWSPENDING, before anything is sent: no operation is sent twice for it. Errors: the
 * client's, `credential-refused`, `driver-unsupported`, `option-invalid`, `secret-malformed`, `tls-refused`, the driver's of
 * the first connection; `pool-closed` for work after `end`.
 *
 * @example
 * ```ts
 * import { MongoClient } from "mongodb";
 * import { createSecretClient, type SecretSource } from "rekey/client";
 * import { createRotatingClient } from "rekey/client/mongodb";
 *
 * declare const source: SecretSource;
 * const client = createSecretClient({ source });
 * const { mongo } = await createRotatingClient({
 *   client,
 *   secretId: "prod/orders",
 *   createClient: (url, options) => new MongoClient(url, { ...options, maxPoolSize: 20 }),
 * });
 * await mongo.db("shop").collection("orders").insertOne({ item: "tea" });
 * ```
 */
export const createRotatingClient = async <Mongo extends RotatableMongo>(
  options: RotatingClientOptions<Mongo>,
): Promise<RotatingClient<Mongo>> => keptAlive(connected(options));

async function connected<Mongo extends RotatableMongo>(
  options: RotatingClientOptions<Mongo>,
): Promise<RotatingClient<Mongo>> {
  const {
    client,
    secretId,
    createClient,
    server = {},
    drainTimeoutMs = 60_000,
    afterDrainTimeout = "release",
  } = options;
  assertNoCredential(server);
  const acknowledgement = acknowledging(options);
  const drainListeners = new Set<(versionId: string) => void>();
  const draining = new Set<Promise<void>>();
  const replaced = new Set<Generation<Mongo>>();
  const byMongo = new WeakMap<object, Generation<Mongo>>();
  let refusedLogins = 0;
  let isOver = false;
  let ending: Promise<void> | undefined;
  let wanted: SourceVersion | undefined;
  let adopting: Promise<void> | undefined;
  /** A client that is not in use yet. */
  let candidate: Generation<Mongo> | undefined;
  let wake = (): void => undefined;

  /** Errors: `secret-malformed`, `secret-binary`, `option-invalid`, `driver-unsupported`. */
  function open(version: SourceVersion): Generation<Mongo> {
    const secret = parseLoginSecret(version.value);
    const login = userLogin({ client, secretId, version, refused: () => void refusedLogins++ });
    const settings = loginOptions(secret);
    const mongo = createClient(serverUrl(secret, server), settings);
    login.installAt(loginPlace(mongo, settings));
    if (byMongo.has(mongo))
      throw new RekeyError("option-invalid", {
        context: { option: "createClient", problem: "returns the same client" },
      });
    const generation = { version, login, mongo, uses: new Uses() };
    byMongo.set(mongo, generation);
    events.add(generation);
    return generation;
  }

  /** Errors: those of `open`, the driver's, `credential-refused`, `tls-refused`. */
  async function connect(version: SourceVersion): Promise<Generation<Mongo>> {
    const generation = open(version);
    candidate = generation;
    try {
      await generation.mongo.connect();
      return generation;
    } catch (error) {
      events.remove(generation);
      await generation.mongo.close().catch(() => undefined);
      throw explained(error, secretId);
    } finally {
      candidate = undefined;
    }
  }

  async function first(): Promise<Generation<Mongo>> {
    const refused = new Set<string>();
    let refusal: unknown = new RekeyError("credential-refused", { context: { secret: secretId } });
    for await (const version of credentialCandidates(client, secretId, refused)) {
      try {
        return await connect(version);
      } catch (error) {
        if (!(error instanceof RekeyError) || error.code !== "credential-refused") throw error;
        refusal = error;
        refused.add(version.versionId);
      }
    }
    throw refusal;
  }

  const settled = (): void => {
    if (replaced.size === 0) acknowledgement.alone(active.version.versionId);
  };

  function drain(generation: Generation<Mongo>): void {
    replaced.add(generation);
    const { mongo, uses } = generation;
    let late: NodeJS.Timeout | undefined;
    const overdue = new Promise<"overdue">((resolve) => {
      late = setTimeout(() => resolve("overdue"), drainTimeoutMs).unref();
    });
    const close = async (): Promise<void> => {
      clearTimeout(late);
      await mongo.close().catch(() => undefined);
      events.remove(generation);
      replaced.delete(generation);
      for (const listener of drainListeners) callListener("drained", () => listener(generation.version.versionId));
      settled();
    };
    const over = uses.over();
    const bounded = Promise.race([over, overdue])
      .then(async (why) => {
        if (why !== "overdue" || afterDrainTimeout === "destroy") return close();
        void over.then(close);
        uses.dropUnstarted();
      })
      .finally(() => draining.delete(bounded));
    draining.add(bounded);
  }

  async function paused(forMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      wake = resolve;
      timer = setTimeout(resolve, forMs).unref();
    });
    clearTimeout(timer);
  }

  /** The client keeps the credential that it has for as long as it has no better one. */
  async function adopt(): Promise<void> {
    for (let pauseMs = firstPauseMs; !isOver && wanted !== undefined; pauseMs = Math.min(longestPauseMs, 2 * pauseMs)) {
      const version = wanted;
      if (version.versionId === active.version.versionId) return;
      try {
        const next = await connect(version);
        if (isOver) return await next.mongo.close();
        const before = active;
        active = next;
        events.replaced(next);
        drain(before);
        settled();
      } catch (error) {
        if (error instanceof RekeyError) {
          client.report({ secretId, error });
          if (wanted === version) return;
        } else {
          const context = { secret: secretId, version: version.versionId, reason: codeOrName(error) };
          client.report({ secretId, error: new RekeyError("connection-lost", { context }) });
          await paused(pauseMs);
        }
      }
    }
  }

  async function end(): Promise<void> {
    isOver = true;
    stopListening();
    wake();
    drain(active);
    await candidate?.mongo.close().catch(() => undefined);
    await Promise.all(draining);
  }

  const over = async (): Promise<void> => (ending ??= keptAlive(end()));
  const events = new ClientEvents<Mongo>((served) => served === active);
  let active: Generation<Mongo> = await first();
  const stopListening = client.on("rotated", ({ secretId: rotated, version }) => {
    if (rotated !== secretId) return;
    wanted = version;
    adopting ??= adopt().finally(() => (adopting = undefined));
  });
  const mongo: Mongo = facade<Mongo>({
    active: () => active,
    servedOf: (one) => (typeof one === "object" && one !== null ? byMongo.get(one) : undefined),
    isOver: () => isOver,
    asked() {
      // Without events, it is such reads by which the client learns of a rotation. No operation waits for one.
      client.get(secretId).catch(() => undefined);
      settled();
    },
    own: {
      ...emitterMethods(events.emitter, () => mongo),
      connect: async (): Promise<Mongo> => mongo,
      close: over,
      [Symbol.asyncDispose]: over,
    },
    secretId,
  });
  settled();
  return {
    mongo,
    get refusedLogins() {
      return refusedLogins;
    },
    get versionId() {
      return active.login.versionId;
    },
    onDrained: (listener) => void drainListeners.add(listener),
    end: over,
    [Symbol.asyncDispose]: over,
  };
}

/** An emitter's methods, those that return the emitter returning the client. */
function emitterMethods(emitter: NodeJS.EventEmitter, self: () => unknown): Record<string, unknown> {
  const names = Object.getOwnPropertyNames(Object.getPrototypeOf(emitter)).filter(
    (name) => name !== "constructor" && typeof member(emitter, name) === "function",
  );
  return Object.fromEntries(
    names.map((name) => [
      name,
      (...given: unknown[]) => {
        const result: unknown = Reflect.apply(
          member(emitter, name) as (...given: unknown[]) => unknown,
          emitter,
          given,
        );
        return result === emitter ? self() : result;
      },
    ]),
  );
}
