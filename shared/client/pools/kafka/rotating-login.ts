import { RekeyError } from "../../../errors/rekey-error.ts";
import { parseLoginSecret } from "../../../secrets/database-secret.ts";
import { keptAlive } from "../../kept-alive.ts";
import { assertNames, type FollowedSecret, type Rotating } from "../rotating-options.ts";
import { tlsOptions } from "../server-settings.ts";
import { type CurrentLogin, currentLogin } from "./current-login.ts";
import { type Broker, brokerOf, givenBrokers } from "./kafka-login.ts";
import { proving } from "./proving.ts";
import { type RotatingSasl, rotatingSasl } from "./sasl.ts";
import { assertSupported, type KafkaDriver } from "./supported-driver.ts";

export type { Broker, Mechanism } from "./kafka-login.ts";
export type { RotatingSasl } from "./sasl.ts";
export type { KafkaConnection, KafkaDriver } from "./supported-driver.ts";

export interface RotatingLoginOptions extends Pick<FollowedSecret, "client" | "secretId"> {
  /** `import * as kafka from "@platformatic/kafka"`. */
  readonly kafka: KafkaDriver;
  /** `host:port` or `{ host, port }`, in place of the secret's `host` and `port`. */
  readonly bootstrapBrokers?: readonly (string | Broker)[];
  /** Options of Node's `tls.connect`, in place of what the secret's `ssl` and `sslrootcert` say. `false`: no TLS. */
  readonly tls?: object | false;
  /** The driver's `tlsServerName`. Default: none is sent. */
  readonly tlsServerName?: boolean | string;
  /** The password itself is sent, so it takes TLS. Default: SCRAM-SHA-512, or what the secret's `sasl_mechanism` says. */
  readonly mechanism?: "PLAIN";
  /** How long a broker may take to answer a login. Default: 5,000. */
  readonly loginTimeoutMs?: number;
}

/** Members of the options of a Producer, a Consumer or an Admin. */
export interface KafkaLoginOptions {
  readonly bootstrapBrokers: Broker[];
  readonly sasl: RotatingSasl;
  readonly tls?: object;
  readonly tlsServerName?: boolean | string;
}

export interface RotatingLogin extends Rotating {
  /** `new Producer({ clientId: "orders", ...login.options })`. */
  readonly options: KafkaLoginOptions;
  /** Follows the secret no longer, and lets no connection log in any more. Close the clients first. Idempotent. */
  end(): Promise<void>;
}

const names = new Set<string>([
  "client",
  "secretId",
  "kafka",
  "bootstrapBrokers",
  "tls",
  "tlsServerName",
  "mechanism",
  "loginTimeoutMs",
] satisfies (keyof RotatingLoginOptions)[]);

const invalid = (option: string, problem: string, hint: string): RekeyError =>
  new RekeyError("option-invalid", { context: { option, problem }, hint });

/** Errors: `option-invalid`. */
function assertOptions(options: RotatingLoginOptions): void {
  assertNames(options, names, () => "the driver's settings belong to its clients: new Producer({ … })");
  if (options.mechanism !== undefined && options.mechanism !== "PLAIN")
    throw invalid("mechanism", "is the secret's", "write it as sasl_mechanism in the secret, or leave it out");
}

/**
 * What producers, consumers and admins of `@platformatic/kafka` (1.27 to 2.x) log in by over rotations. Kafka asks for a
 * password when a connection is made, and again each `connections.max.reauth.ms`, so a rotation cuts nothing and members stay
 * in their groups. Each login takes the newest credential, user and mechanism included, once a connection of its own has proved
 * it, so that a refusal costs no operation. A refused credential is followed by AWSCURRENT as it is now, then by AWSPENDING. A
 * connection cannot change its user or its mechanism (KIP-368): when it has to log in again after one of them changed, it ends
 * with no request under way, and the driver makes another, as long as its option `retries` is not 0 (the driver's default is 3).
 * Brokers and TLS are those of the configuration, or of the secret as it is read here: a later version that names another
 * broker is refused. Errors, of the first proof, which is made here: the client's, the driver's, `credential-refused`,
 * `tls-refused`, `option-invalid`, `driver-unsupported`, `secret-malformed`, `secret-binary`.
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
  assertOptions(options);
  const { client, secretId, kafka, mechanism, tlsServerName, loginTimeoutMs: timeoutMs = 5_000 } = options;
  assertSupported(kafka);
  const given = options.bootstrapBrokers === undefined ? undefined : givenBrokers(options.bootstrapBrokers);
  const first = await client.get(secretId);
  const secret = parseLoginSecret(first.value);
  const tls = options.tls === undefined ? tlsOptions(secret) : options.tls || undefined;
  if (mechanism === "PLAIN" && tls === undefined)
    throw invalid(
      "mechanism",
      "PLAIN without TLS would send the password to anyone",
      "give tls, or write ssl: true in the secret",
    );
  const [nearest, ...others] = given ?? [brokerOf(secret)];
  const transport = { ...(tls && { tls }), ...(tlsServerName !== undefined && { tlsServerName }) };
  const prover = proving({ kafka, transport, timeoutMs });
  const rules = { mechanism, broker: given === undefined ? nearest : undefined };
  const login = currentLogin({ client, secretId, first, rules, prover });
  try {
    await keptAlive(provedByOne(login, [nearest, ...others]));
  } catch (error) {
    login.end();
    throw error;
  }
  const end = async (): Promise<void> => login.end();
  return {
    options: {
      bootstrapBrokers: [nearest, ...others],
      ...transport,
      sasl: rotatingSasl({ kafka, secretId, login, prover }),
    },
    get refusedLogins() {
      return prover.refusedLogins;
    },
    get versionId() {
      return login.newest.versionId;
    },
    end,
    [Symbol.asyncDispose]: end,
  };
}

/** A broker that cannot be reached is no reason not to ask the next one. */
async function provedByOne(login: CurrentLogin, brokers: readonly Broker[]): Promise<void> {
  let last: unknown;
  for (const broker of brokers) {
    try {
      await login.acceptedBy(broker);
      return;
    } catch (error) {
      if (error instanceof RekeyError) throw error;
      last = error;
    }
  }
  throw last;
}
