import { RekeyError } from "../../../errors/rekey-error.ts";
import { type LoginSecret, parseLoginSecret } from "../../../secrets/database-secret.ts";
import type { SourceVersion } from "../../sources/secret-source.ts";
import { serverHost } from "../server-settings.ts";

export interface Broker {
  readonly host: string;
  readonly port: number;
}

export type Mechanism = "PLAIN" | "SCRAM-SHA-256" | "SCRAM-SHA-512";

export interface KafkaLogin {
  readonly versionId: string;
  readonly mechanism: Mechanism;
  readonly username: string;
  readonly password: string;
}

/** What every version of the secret has to keep to. */
export interface LoginRules {
  /** Only the caller lets a password be sent. */
  readonly mechanism: "PLAIN" | undefined;
  /** Of the version that the brokers were taken from; `undefined`: the caller gave them. */
  readonly broker: Broker | undefined;
}

const scram: readonly Mechanism[] = ["SCRAM-SHA-256", "SCRAM-SHA-512"];

function mechanismOf({ saslMechanism = "SCRAM-SHA-512" }: LoginSecret): Mechanism {
  const mechanism = scram.find((name) => name === saslMechanism);
  if (mechanism !== undefined) return mechanism;
  throw new RekeyError("secret-malformed", {
    context: { field: "sasl_mechanism", problem: "not a mechanism that the client logs in by" },
    hint: `write ${scram.join(" or ")}; for PLAIN, give createRotatingLogin mechanism: "PLAIN", and TLS`,
  });
}

/** The broker that the secret names. Errors: `secret-malformed`. */
export const brokerOf = (secret: LoginSecret): Broker => ({
  host: serverHost(secret, undefined, "bootstrapBrokers"),
  port: secret.port ?? 9093,
});

/**
 * A secret chooses among the mechanisms that hand out no password, and its credential is for the broker that it names. Errors:
 * `secret-malformed`, `secret-binary`.
 */
export function loginOf({ versionId, value }: SourceVersion, { mechanism, broker }: LoginRules): KafkaLogin {
  const secret = parseLoginSecret(value);
  const { username, password } = secret;
  const named = broker === undefined ? undefined : brokerOf(secret);
  if (named?.host !== broker?.host || named?.port !== broker?.port) {
    throw new RekeyError("secret-malformed", {
      context: { field: "host", problem: "names another broker than the clients have" },
      hint: "restart the service if its cluster has moved, or give bootstrapBrokers in its configuration",
    });
  }
  return { versionId, mechanism: mechanism ?? mechanismOf(secret), username, password: password.reveal() };
}

const invalidBroker = (problem: string): RekeyError =>
  new RekeyError("option-invalid", {
    context: { option: "bootstrapBrokers", problem },
    hint: 'write ["broker.example:9093"]; the user and the password are the secret\'s',
  });

function givenBroker(given: string | Broker): Broker {
  const [, bracketed, plain, port = "9092"] =
    typeof given === "string" ? (/^(?:\[([\da-fA-F:.]+)\]|([^\s:@/[\]]+))(?::(\d{1,5}))?$/.exec(given) ?? []) : [];
  const host = bracketed ?? plain;
  if (host !== undefined) return { host, port: Number(port) };
  if (typeof given === "object" && typeof given?.host === "string" && typeof given.port === "number") return given;
  throw invalidBroker("not host:port");
}

/** Errors: `option-invalid`. */
export function givenBrokers(given: readonly (string | Broker)[]): readonly [Broker, ...Broker[]] {
  if (!Array.isArray(given)) throw invalidBroker("not an array");
  const [first, ...others] = given.map(givenBroker);
  if (first === undefined) throw invalidBroker("empty");
  return [first, ...others];
}
