import { randomUUID } from "node:crypto";
import type { EngineFixture } from "rekey/testing/engine-contract";
import keeper from "./engine.ts";
import { administrator, hashOf, startKeeper } from "./server.ts";

const adminPassword = randomUUID();
const noSuchState = "an account of a keeper has no such state";

/** What the engine contract needs to know of keepers. */
export const keeperFixture: EngineFixture = {
  ...keeper,
  name: "keeper",
  variants: [
    { strategy: "single-user", usesAdmin: false },
    { strategy: "single-user", usesAdmin: false, tags: { "rekey:change-at": "finishSecret" } },
  ],
  exemptions: [
    {
      clause: "clear-password-asked",
      reason: "where the secret says that there is no TLS, the protocol has it in clear",
    },
    { clause: "tls-not-verified", reason: "a server that is handed a password in clear is verified in full" },
    { clause: "unknown-database", reason: "a keeper has no databases" },
    { clause: "locked", reason: noSuchState },
    { clause: "busy", reason: noSuchState },
    { clause: "read-only", reason: noSuchState },
    { clause: "expired", reason: noSuchState },
  ],
  async start(certificate) {
    const server = await startKeeper(adminPassword, certificate === undefined ? {} : { certificate });
    const { host, port, accounts, log } = server;
    return {
      host,
      port,
      fields: { engine: "keeper", ssl: false },
      admin: { username: administrator, password: adminPassword },
      async createUser({ username, password }) {
        accounts.set(username, { hash: hashOf(password), note: "" });
        return {};
      },
      async changePassword({ username, password }) {
        accounts.set(username, { note: "", ...accounts.get(username), hash: hashOf(password) });
      },
      accepts: async ({ username, password }) => accounts.get(username)?.hash.equals(hashOf(password)) === true,
      logs: async () => log.join("\n"),
      failedLogins: async () => log.filter((line) => line.startsWith("refused login")).length,
      hardships: {},
      accountProperties: {
        "a note": {
          async give(username) {
            accounts.set(username, { hash: Buffer.alloc(0), ...accounts.get(username), note: "of the billing team" });
          },
        },
      },
      describeAccount: async (username) => [`note ${accounts.get(username)?.note ?? "of nobody"}`],
      stop: async () => server.stop(),
    };
  },
};
