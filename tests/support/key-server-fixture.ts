import { httpApiKeyEngine } from "../../shared/engines/http-api-key/http-api-key-engine.ts";
import { issued } from "../../shared/rotation/strategies/issued.ts";
import type { EngineFixture, EngineServer } from "../../shared/testing/engine-contract/fixture.ts";
import { type KeyServer, startKeyServer } from "./key-server.ts";

const engine = httpApiKeyEngine(() => true);

export function keyServerOf(server: KeyServer): EngineServer {
  return {
    host: "127.0.0.1",
    port: server.port,
    fields: { engine: "http-api-key", ssl: false },
    async createUser({ username, password }) {
      server.give(username, password, username);
      return {};
    },
    async changePassword({ username, password }) {
      server.give(username, password, server.accountOf(username));
    },
    accepts: async ({ username, password }) => server.accepts(username, password),
    logs: async () => "an API's log is its own",
    failedLogins: async () => server.refusals,
    hardships: {
      async busy() {
        server.intercept = (_request, answer) => Boolean(answer.writeHead(503).end());
        return {
          async [Symbol.asyncDispose]() {
            server.intercept = undefined;
          },
        };
      },
    },
    stop: async () => server.stop(),
  };
}

/** An API whose accounts have two keys. */
export const keyServerFixture: EngineFixture = {
  name: "HTTP API with two keys",
  engine,
  strategies: { issued: issued(engine) },
  variants: [{ strategy: "issued", usesAdmin: false }],
  exemptions: [
    { clause: "nothing-else-changed", reason: "an API shows nothing of an account but its keys" },
    { clause: "healthy", reason: "each request is a connection of its own, so there are more than two" },
    {
      clause: "clear-text",
      reason: "the API makes the keys and writes no log here; the engine's own tests look for them",
    },
    { clause: "locked", reason: "an API shows no locks" },
    { clause: "read-only", reason: "an API shows no replicas" },
    { clause: "expired", reason: "an expired key is answered like a wrong one" },
    { clause: "unknown-database", reason: "an API has no databases" },
    {
      clause: "clear-password-asked",
      reason: "a key is shown as it is; to a verified certificate, or where the secret says ssl: false",
    },
    { clause: "tls-not-verified", reason: "a key is shown as it is, so a certificate that is not verified is refused" },
    { clause: "at-once", reason: "two runs may each have a key made, and one deletes the other's before it is stored" },
    {
      clause: "tampered",
      reason: "the API names the key, so another user name in AWSPENDING cannot be told; the login tells",
    },
    {
      clause: "changed-by-hand",
      reason: "a key that is gone can only be replaced by a human with another right to the account",
    },
    {
      clause: "awkward-names",
      reason: "ids are percent-encoded, and keys stand in a header: the engine's own tests try both",
    },
  ],
  start: async (certificate) => keyServerOf(await startKeyServer(certificate)),
};
