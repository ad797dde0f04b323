import { RekeyError } from "../../../errors/rekey-error.ts";
import { parseLoginSecret } from "../../../secrets/database-secret.ts";
import { keptAlive } from "../../kept-alive.ts";
import { credentialCandidates } from "../credential-candidates.ts";
import type { FollowedSecret, Rotating } from "../rotating-options.ts";
import { tlsOptions } from "../server-settings.ts";
import { type Broker, brokersOf, type KafkaLogin, loginOf, type Mechanism } from "./kafka-login.ts";
import { explainLogin } from "./login-failure.ts";
import { proving } from "./proving.ts";
import { assertSupported, type KafkaConnection, type KafkaDriver } from "./supported-driver.ts";

export type { Broker, Mechanism } from "./kafka-login.ts";
export type { KafkaConnection, KafkaDriver } from "./supported-driver.ts";

export interface RotatingLoginOptions extends Pick<FollowedSecret, "client" | "secretId"> {
  /** `import * as kafka from "@platformatic/kafka"`. */
  readonly kafka: KafkaDriver;
  /** `host:port` or `{ host, port }`, in place of the secret's `host` and `port`. */
  readonly bootstrapBrokers?: readonly (string | Broker)[];
  /** Options of Node's `tls.connect`, in place of what the secret's `ssl` and `sslrootcert` say. `false`: no TLS. */
  readonly tls?: object | false;
  /** The password itself is sent, so it takes TLS. Default: SCRAM-SHA-512, or what the secret's `sasl_mechanism` says. */
  readonly mechanism?: "PLAIN";
  /** How long a broker may take to answer a login. Default: 5,000. */
  readonly loginTimeoutMs?: number;
}

type Callback = (...given: never[]) => unknown;

/** `sasl` of the driver. */
export interface RotatingSasl {
  /** That of the newest credential. */
  readonly mechanism: Mechanism;
  readonly authenticate: (
    mechanism: string,
    connection: KafkaConnection,
    request: Callback,
    username: unknown,
    password: unknown,
    token: unknown,
    callback: Callback,
  ) => void;
}

export interface RotatingLogin extends Rotating {
  /** Members of the options of a Producer, Consumer or Admin: `new Producer({ clientId: "orders", ...login.options })`. */
  readonly options: { readonly bootstrapBrokers: Broker[]; readonly tls?: object; readonly sasl: RotatingSasl };
  /** Follows the secret no longer. Clients that were made with it keep the credential of that time. Idempotent. */
  end(): Promise<void>;
}

/**
 * What producers, consumers and admins of `@platformatic/kafka` log in by over rotations. Kafka asks for a password when a
 * connection is made, and again each `connections.max.reauth.ms`, so a rotation by itself cuts nothing: members stay in their groups. Each
 * login takes the newest credential, user and mechanism included, once a connection of its own has proved it: a refused
 * one is never offered on a connection with requests on it. When it is refused, AWSCURRENT as it is now is tried, then AWSPENDING. A connection
 * cannot change its user: when it has to log in again after the user or the mechanism changed, it ends, with no request under way,
 * and the driver makes another, as long as its option `retries` is not 0 (the driver's default is 3). Errors of the first proof, which is made here: the
 * client's, the driver's, `credential-refused`, `tls-refused`, `option-invalid`, `driver-unsupported`, `secret-malformed`.
 *
 * @example
 * ```ts
 * import * as kafka from "@platformatic/kafka";
 * import { createSecretClient, type SecretSource } from "rekey/client";
 * import { createRotatingLogin } from "rekey/client/kafka";
 *
 * declare const source: SecretSource;
 * const client = createSecretClient({ source });
 * const login = await createRotatingLogin({ client, secretId: "prod/kafka", kafka });
 * const producer = new kafka.Producer({ clientId: "orders", ...login.options });
 * ```
 */
export async function createRotatingLogin(options: RotatingLoginOptions): Promise<RotatingLogin> {
  const { client, secretId, kafka, mechanism: fixed, loginTimeoutMs = 5_000 } = options;
  assertSupported(kafka);
  const first = await client.get(secretId);
  const secret = parseLoginSecret(first.value);
  const tls = options.tls === undefined ? tlsOptions(secret) : options.tls || undefined;
  if (fixed !== undefined && tls === undefined) {
    throw new RekeyError("option-invalid", {
      context: { option: "mechanism", problem: "PLAIN without TLS would send the password to anyone" },
      hint: "give tls, or write ssl: true in the secret",
    });
  }
  const bootstrapBrokers = brokersOf(secret, options.bootstrapBrokers);
  const prover = proving({ kafka, tls, timeoutMs: loginTimeoutMs });
  /** As whom each connection is logged in. */
  const sessions = new WeakMap<object, KafkaLogin>();
  let newest = loginOf(first, fixed);
  let unusable: string | undefined;

  const failed = (last: unknown): unknown => {
    const explanation = explainLogin(last);
    if (last !== undefined && explanation === undefined) return last;
    const { code, context, hint } = explanation ?? { code: "credential-refused", context: {} };
    return new RekeyError(code, { context: { secret: secretId, ...context }, hint });
  };

  /** Errors: as above. */
  async function proved(broker: Broker): Promise<KafkaLogin> {
    const refused = new Set<string>();
    for await (const version of credentialCandidates(client, secretId, refused)) {
      const login = loginOf(version, fixed);
      const isAccepted = await prover.accepts(login, broker).catch((error: unknown) => {
        throw failed(error);
      });
      if (isAccepted) return (newest = login);
      refused.add(version.versionId);
    }
    throw failed(undefined);
  }

  async function credentialFor(connection: KafkaConnection, mechanism: string): Promise<KafkaLogin> {
    const { host = "", port = 0 } = connection;
    const login = await proved({ host, port });
    const { username } = sessions.get(connection) ?? login;
    if (login.mechanism === mechanism && login.username === username) return login;
    throw new RekeyError("connection-lost", {
      context: { secret: secretId, reason: "the user or the mechanism changed" },
      hint: "the driver makes another connection: leave its option retries above 0",
    });
  }

  const authenticate: RotatingSasl["authenticate"] = (mechanism, connection, request, _user, _password, _token, done) => {
    const told = (...outcome: unknown[]): void => void Reflect.apply(done, undefined, outcome);
    const offer = (login: KafkaLogin): void => {
      const { username, password } = login;
      const answered = (error: unknown, response: unknown): void => {
        if (error === null) sessions.set(connection, login);
        told(error, response);
      };
      const given =
        mechanism === "PLAIN"
          ? [request, connection, username, password, answered]
          : [request, connection, mechanism.replace("SCRAM-", ""), username, password, undefined, answered];
      const { authenticate: logIn } = mechanism === "PLAIN" ? kafka.saslPlain : kafka.saslScramSha;
      Reflect.apply(logIn, undefined, given);
    };
    credentialFor(connection, mechanism).then(offer).catch(told);
  };

  const stopListening = client.on("rotated", ({ secretId: rotated, version }) => {
    if (rotated !== secretId) return;
    try {
      newest = loginOf(version, fixed);
    } catch (error) {
      if (unusable === version.versionId) return;
      unusable = version.versionId;
      if (error instanceof RekeyError) client.report({ secretId, error });
    }
  });

  async function proveFirst(): Promise<void> {
    let last: unknown;
    for (const broker of bootstrapBrokers) {
      try {
        await proved(broker);
        return;
      } catch (error) {
        if (error instanceof RekeyError) throw error;
        last = error;
      }
    }
    throw last;
  }

  try {
    await keptAlive(proveFirst());
  } catch (error) {
    stopListening();
    throw error;
  }
  const sasl: RotatingSasl = {
    get mechanism() {
      return newest.mechanism;
    },
    authenticate,
  };
  const end = async (): Promise<void> => stopListening();
  return {
    options: { bootstrapBrokers: [...bootstrapBrokers], ...(tls === undefined ? {} : { tls }), sasl },
    get refusedLogins() {
      return prover.refusedLogins;
    },
    get versionId() {
      return newest.versionId;
    },
    end,
    [Symbol.asyncDispose]: end,
  };
}
