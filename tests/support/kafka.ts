import { execFile } from "node:child_process";
import { createHash, pbkdf2Sync, randomBytes } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import {
  alterUserScramCredentialsV0,
  AuthenticationError,
  Connection,
  describeUserScramCredentialsV0,
  ResponseError,
  ScramMechanisms,
} from "@platformatic/kafka";
import type { ServerCertificate } from "../../shared/testing/engine-contract/fixture.ts";
import { freePort } from "./free-port.ts";
import { outsideProgram } from "./outside-program.ts";
import { startServer } from "./server-process.ts";

/** A program that runs a class of Kafka's. */
export const kafkaProgram: string | undefined = outsideProgram("REKEY_KAFKA", ".ci/install-kafka");

const mechanisms = { "SCRAM-SHA-256": ScramMechanisms.SCRAM_SHA_256, "SCRAM-SHA-512": ScramMechanisms.SCRAM_SHA_512 };
export type MechanismName = keyof typeof mechanisms;
const mechanismNames = ["SCRAM-SHA-256", "SCRAM-SHA-512"] as const;

/** A real Kafka, one broker that is its own controller, that a test may do to what it likes. */
export interface KafkaUnderTest {
  readonly host: string;
  /** Of the listener that rotations use; it speaks TLS alone where the server has a certificate. */
  readonly port: number;
  /** Of a listener without TLS, for whoever judges and for clients. */
  readonly plainPort: number;
  /** A connection of root's. */
  readonly admin: Connection;
  /** The mechanisms that the user has a password for. */
  held(user: string): Promise<readonly MechanismName[]>;
  /** Sets the user's password for these mechanisms, and returns once it logs in. */
  setPassword(user: string, password: string, names: readonly MechanismName[]): Promise<void>;
  /** Whether the broker lets this user in, by one of the mechanisms. */
  accepts(user: string, password: string, names?: readonly MechanismName[]): Promise<boolean>;
  log(): string;
  /** How many logins the listener of the rotations has refused. */
  refused(): number;
  /** What the broker stores of users, as text. */
  stored(): string;
  stop(): Promise<void>;
}

const host = "127.0.0.1";
export const root = { username: "root", password: "root-of-the-tests" };
const run = promisify(execFile);
const module = "org.apache.kafka.common.security.scram.ScramLoginModule required";

const settings = (
  home: string,
  ports: Record<"internal" | "external" | "controller", number>,
  tls: boolean,
  more: string,
): string => `
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@${host}:${ports.controller}
controller.listener.names=CONTROLLER
listeners=CONTROLLER://${host}:${ports.controller},INTERNAL://${host}:${ports.internal},EXTERNAL://${host}:${ports.external}
advertised.listeners=INTERNAL://${host}:${ports.internal},EXTERNAL://${host}:${ports.external}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,INTERNAL:SASL_PLAINTEXT,EXTERNAL:${tls ? "SASL_SSL" : "SASL_PLAINTEXT"}
inter.broker.listener.name=INTERNAL
sasl.mechanism.inter.broker.protocol=SCRAM-SHA-512
sasl.enabled.mechanisms=SCRAM-SHA-512,SCRAM-SHA-256
${["internal", "external"]
  .flatMap((listener) => mechanismNames.map((name) => [listener, name.toLowerCase()]))
  .map(
    ([listener = "", name = ""]) =>
      `listener.name.${listener}.${name}.sasl.jaas.config=${module} username="${root.username}" password="${root.password}";`,
  )
  .join("\n")}
connection.failed.authentication.delay.ms=0
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:${root.username};User:ANONYMOUS
log.dirs=${home}/data
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
offsets.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
${tls ? `ssl.keystore.type=PEM\nssl.keystore.location=${home}/tls.pem` : ""}
${more}
`;

async function connected(port: number, mechanism: MechanismName, login: typeof root): Promise<Connection> {
  const connection = new Connection("judge", { sasl: { mechanism, ...login } });
  await connection.connect(host, port);
  return connection;
}

/** `more`: lines of the broker's settings. Its listener EXTERNAL is that of `port`. */
export async function startKafka(program: string, tls?: ServerCertificate, more = ""): Promise<KafkaUnderTest> {
  let external = 0;
  const server = await startServer({
    name: "kafka",
    binary: program,
    async prepare(port, home) {
      const file = join(home, "server.properties");
      external = await freePort();
      const controller = await freePort();
      writeFileSync(file, settings(home, { internal: port, external, controller }, tls !== undefined, more));
      if (tls !== undefined) writeFileSync(join(home, "tls.pem"), `${tls.key}\n${tls.certificate}`);
      rmSync(join(home, "data"), { recursive: true, force: true });
      const scram = `SCRAM-SHA-512=[name=${root.username},password=${root.password}]`;
      // What begins with a dash would be an option.
      const id = createHash("sha256").update(home).digest("base64url").slice(0, 22).replace(/^-/, "A");
      await run(program, ["kafka.tools.StorageTool", "format", "-t", id, "-c", file, "--add-scram", scram]);
      return ["kafka.Kafka", file];
    },
    isReady: async (port, output) => {
      if (!output().includes("Kafka Server started")) return false;
      const connection = await connected(port, "SCRAM-SHA-512", root).catch(() => undefined);
      await connection?.close();
      return connection !== undefined;
    },
  });
  const admin = await connected(server.port, "SCRAM-SHA-512", root);

  async function accepts(user: string, password: string, names: readonly MechanismName[] = mechanismNames) {
    for (const name of names) {
      try {
        await (await connected(server.port, name, { username: user, password })).close();
        return true;
      } catch (error) {
        if (!(error instanceof AuthenticationError) && !(Object(error)["cause"] instanceof AuthenticationError)) {
          throw error;
        }
      }
    }
    return false;
  }

  return {
    host,
    port: external,
    plainPort: server.port,
    admin,
    async held(user) {
      const { results } = await describeUserScramCredentialsV0.api
        .async(admin, [{ name: user }])
        .catch((error: unknown) => {
          const isUnknown = error instanceof ResponseError && error.findBy("apiId", "RESOURCE_NOT_FOUND") !== null;
          if (isUnknown) return { results: [] }; // The driver takes a user without a password for an error.
          throw error;
        });
      const ids = new Set(results.flatMap(({ credentialInfos }) => credentialInfos.map(({ mechanism }) => mechanism)));
      return mechanismNames.filter((name) => ids.has(mechanisms[name]));
    },
    async setPassword(user, password, names) {
      const upsertions = names.map((name) => {
        const salt = randomBytes(16);
        const digest = name === "SCRAM-SHA-256" ? "sha256" : "sha512";
        const saltedPassword = pbkdf2Sync(password, salt, 4_096, digest === "sha256" ? 32 : 64, digest);
        return { name: user, mechanism: mechanisms[name], iterations: 4_096, salt, saltedPassword };
      });
      for (const upsertion of upsertions) await alterUserScramCredentialsV0.api.async(admin, [], [upsertion]);
      const late = performance.now() + 1_500;
      for (const name of names) {
        while (!(await accepts(user, password, [name]))) {
          if (performance.now() > late) throw new Error(`a user does not log in: ${JSON.stringify([user, password])}`);
          await delay(20);
        }
      }
    },
    accepts,
    log: server.output,
    refused: () =>
      server
        .output()
        .split("\n")
        .filter((line) => line.includes(`:${external}-`) && /Failed authentication.*invalid credentials/.test(line))
        .length,
    stored: () => readFileSync(join(server.home, "data", "__cluster_metadata-0", "00000000000000000000.log"), "latin1"),
    async stop() {
      await admin.close();
      await server.stop();
    },
  };
}
