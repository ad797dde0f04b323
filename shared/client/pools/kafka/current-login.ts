import { RekeyError } from "../../../errors/rekey-error.ts";
import type { SecretClient } from "../../secret-client.ts";
import type { SourceVersion } from "../../sources/secret-source.ts";
import { credentialCandidates } from "../credential-candidates.ts";
import { explainedError } from "../tls-failure.ts";
import { type Broker, type KafkaLogin, loginOf, type LoginRules } from "./kafka-login.ts";
import { explainLogin } from "./login-failure.ts";
import type { Proving } from "./proving.ts";

export interface CurrentLogin {
  /** That of the newest version, or the last that a broker took. */
  readonly newest: KafkaLogin;
  /** One that this broker has just taken, on a connection of its own. Errors: the client's, the driver's, `credential-refused`, `tls-refused`, `secret-malformed`, `pool-closed`. */
  acceptedBy(broker: Broker): Promise<KafkaLogin>;
  /**
   * The same, for a connection that has already told the broker this mechanism: where the newest credential is for another one, the last of
   * this one that the broker still takes. With dual passwords, that is the one before.
   */
  acceptedFor(mechanism: string, broker: Broker): Promise<KafkaLogin>;
  /** Idempotent. */
  end(): void;
}

/** Follows the secret. Errors: `secret-malformed`, `secret-binary`. */
export function currentLogin(options: {
  readonly client: SecretClient;
  readonly secretId: string;
  readonly first: SourceVersion;
  readonly rules: LoginRules;
  readonly prover: Proving;
}): CurrentLogin {
  const { client, secretId, first, rules, prover } = options;
  const lastOf = new Map<string, KafkaLogin>();
  let newest = known(loginOf(first, rules));
  let reported: string | undefined;
  let isOver = false;

  function known(login: KafkaLogin): KafkaLogin {
    lastOf.set(login.mechanism, login);
    return login;
  }

  async function isAccepted(login: KafkaLogin, broker: Broker): Promise<boolean> {
    return prover.accepts(login, broker).catch((error: unknown) => {
      const explanation = explainLogin(error);
      throw explanation === undefined ? error : explainedError(secretId, explanation);
    });
  }

  const stopListening = client.on("rotated", ({ secretId: rotated, version }) => {
    if (rotated !== secretId) return;
    try {
      newest = known(loginOf(version, rules));
    } catch (error) {
      if (!(error instanceof RekeyError) || reported === version.versionId) return;
      reported = version.versionId;
      client.report({ secretId, error });
    }
  });

  async function acceptedBy(broker: Broker): Promise<KafkaLogin> {
    if (isOver) throw new RekeyError("pool-closed", { context: { secret: secretId } });
    const { versionId } = await client.get(secretId);
    const found = newest;
    // Another login has found the way out of this refusal.
    const isBetter = versionId !== found.versionId && prover.wasRefused(versionId);
    if (isBetter && (await isAccepted(found, broker))) return found;
    const refused = new Set<string>();
    for await (const version of credentialCandidates(client, secretId, refused)) {
      const login = loginOf(version, rules);
      if (await isAccepted(login, broker)) return (newest = known(login));
      refused.add(version.versionId);
    }
    throw new RekeyError("credential-refused", {
      context: { secret: secretId, reason: "SASL_AUTHENTICATION_FAILED" },
    });
  }

  return {
    get newest() {
      return newest;
    },
    acceptedBy,
    async acceptedFor(mechanism, broker) {
      const login = await acceptedBy(broker);
      const last = login.mechanism === mechanism ? undefined : lastOf.get(mechanism);
      return last !== undefined && (await isAccepted(last, broker)) ? last : login;
    },
    end() {
      isOver = true;
      stopListening();
    },
  };
}
