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

const scram: readonly Mechanism[] = ["SCRAM-SHA-256", "SCRAM-SHA-512"];

/**
 * A secret chooses among the mechanisms that hand out no password; only the caller lets one be sent. Errors: `secret-malformed`,
 * `secret-binary`.
 */
export function loginOf({ versionId, value }: SourceVersion, fixed: "PLAIN" | undefined): KafkaLogin {
  const { username, password, saslMechanism = "SCRAM-SHA-512" } = parseLoginSecret(value);
  const mechanism = fixed ?? scram.find((name) => name === saslMechanism);
  if (mechanism === undefined) {
    throw new RekeyError("secret-malformed", {
      context: { field: "sasl_mechanism", problem: "not a mechanism that the client logs in by" },
      hint: `write ${scram.join(" or ")}; for PLAIN, give the client mechanism: "PLAIN" and TLS`,
    });
  }
  return { versionId, mechanism, username, password: password.reveal() };
}

function brokerOf(text: string): Broker {
  const [, host = "", port = "9092"] = /^\[?([^\]@/]+?)\]?(?::(\d{1,5}))?$/.exec(text) ?? [];
  if (host !== "") return { host, port: Number(port) };
  throw new RekeyError("option-invalid", {
    context: { option: "bootstrapBrokers", problem: "not host:port" },
    hint: "the user and the password are the secret's",
  });
}

/** The caller's brokers, or the secret's `host` and `port`. Errors: `option-invalid`, `secret-malformed`. */
export const brokersOf = (
  secret: LoginSecret,
  given: readonly (string | Broker)[] | undefined,
): readonly [Broker, ...Broker[]] => {
  const [first, ...others] = (given ?? []).map((one) => (typeof one === "string" ? brokerOf(one) : one));
  if (first !== undefined) return [first, ...others];
  return [{ host: serverHost(secret, undefined, "bootstrapBrokers"), port: secret.port ?? 9093 }];
};
