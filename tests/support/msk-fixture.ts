import { strategiesOn } from "../../functions/rotate-msk/rotation.ts";
import { mskEngine } from "../../shared/engines/msk/msk-engine.ts";
import { alternateSuffix } from "../../shared/rotation/strategies/alternating-users.ts";
import type { EngineFixture } from "../../shared/testing/engine-contract/fixture.ts";
import { type KafkaUnderTest, startKafka } from "./kafka.ts";
import { kafkaServerOf } from "./kafka-fixture.ts";
import { memoryMskSecrets } from "./msk-secrets.ts";

const mechanism = "SCRAM-SHA-512";
const noAdmin = "only the user that is in use changes the other one, so AWSCURRENT must log in";

/** A real Kafka that takes passwords as MSK does, at once: from secrets in memory. The engine's own tests let it take its time. */
export function mskFixture(program: string): EngineFixture {
  /** The suite has several servers at once. */
  const clusterOf = new Map<string, KafkaUnderTest>();
  const secrets = memoryMskSecrets(async (username, password) =>
    clusterOf.get(username)?.setPassword(username, password, [mechanism]),
  );
  const engine = mskEngine({ secrets, secretsOf: secrets.arns, pollMs: 20 });
  return {
    name: "Apache Kafka 4.0.1 with a stand-in for MSK's reading of secrets",
    engine,
    strategies: strategiesOn(engine).strategies,
    variants: [{ strategy: "alternating-users", usesAdmin: false }],
    exemptions: [
      { clause: "healthy", reason: "the new password is tried in setSecret too, which is a third connection" },
      { clause: "lock-out", reason: "Kafka locks nobody out" },
      { clause: "locked", reason: "a secret of MSK's is written without a lock" },
      { clause: "busy", reason: "a broker without room for a connection lets it wait" },
      { clause: "read-only", reason: "passwords are changed in Secrets Manager" },
      { clause: "expired", reason: "Kafka's users and passwords do not expire" },
      { clause: "unknown-database", reason: "a login to Kafka names no database" },
      { clause: "clear-password-asked", reason: "rekey logs in by SCRAM alone" },
      { clause: "tls-not-verified", reason: "as for Kafka: a certificate is verified" },
      { clause: "changed-by-hand", reason: noAdmin },
      {
        clause: "nothing-else-changed",
        reason: "ACLs and quotas are not touched: whoever made the pair keeps them alike",
      },
    ],
    notInNames: /[^\p{ASCII}]/gu,
    async start(certificate) {
      const started = await startKafka(program, certificate);
      const {
        admin: _admin,
        accountProperties: _none,
        describeAccount: _neither,
        ...server
      } = await kafkaServerOf(started);
      return {
        ...server,
        fields: { engine: "msk", ssl: false },
        async createUser({ username, password }) {
          await started.setPassword(username, password, [mechanism]);
          const alternate = `${username}${alternateSuffix}`;
          for (const user of [username, alternate]) clusterOf.set(user, started);
          secrets.put(username, password);
          secrets.put(alternate, "of-the-alternate");
          return {};
        },
        changePassword: async ({ username, password }) => started.setPassword(username, password, [mechanism]),
      };
    },
  };
}
