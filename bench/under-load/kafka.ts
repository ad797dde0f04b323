import { AuthenticationError, Connection, metadataV12 } from "@platformatic/kafka";
import { startKafka } from "../../tests/support/kafka.ts";
import { kafkaFixture, kafkaServerOf } from "../../tests/support/kafka-fixture.ts";
import type { Product } from "./load.ts";
import { type Login, searchedLogins } from "./searched-logins.ts";

const isRefusal = (error: unknown): boolean =>
  error instanceof AuthenticationError || Object(error)["cause"] instanceof AuthenticationError;

/** The load is a service that connects by the mechanism that its secret names, and reads what topics there are. */
export function kafka(program: string): Product {
  let port = 0;

  async function readTopicsAs({ username, password, saslMechanism }: Login): Promise<void> {
    const mechanism = saslMechanism === "SCRAM-SHA-256" ? saslMechanism : "SCRAM-SHA-512";
    const connection = new Connection("load", { sasl: { mechanism, username, password: password.reveal() } });
    try {
      await connection.connect("127.0.0.1", port);
      await metadataV12.api.async(connection, null);
    } finally {
      await connection.close();
    }
  }

  return {
    // What the client computes for each login keeps two cores busy.
    connections: 8,
    fixture: {
      ...kafkaFixture(program),
      async start() {
        const server = await startKafka(program);
        port = server.plainPort;
        return kafkaServerOf(server);
      },
    },
    rotating: (client, secretId) => searchedLogins(client, secretId, readTopicsAs, isRefusal),
    queryAs: readTopicsAs,
  };
}
