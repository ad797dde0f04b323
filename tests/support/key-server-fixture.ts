import { httpApiKeyEngine } from "../../shared/engines/http-api-key/http-api-key-engine.ts";
import { issued } from "../../shared/rotation/strategies/issued.ts";
import type { EngineFixture, EngineServer } from "../../shared/testing/engine-contract/fixture.ts";
import { keyApiExemptions, keyApiServer } from "./key-api-fixture.ts";
import { type KeyServer, startKeyServer } from "./key-server.ts";

const engine = httpApiKeyEngine(() => true);

export function keyServerOf(server: KeyServer): EngineServer {
  return {
    ...keyApiServer(server),
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
    failedLogins: async () => server.refusals,
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
    ...keyApiExemptions,
    {
      clause: "clear-password-asked",
      reason: "a key is shown as it is; to a verified certificate, or where the secret says ssl: false",
    },
    { clause: "tls-not-verified", reason: "a key is shown as it is, so a certificate that is not verified is refused" },
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
