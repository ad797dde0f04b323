import type { DatabaseEngine, DatabaseSession, PasswordChange } from "../../shared/ports/database-engine.ts";
import { singleUser } from "../../shared/rotation/strategies/single-user.ts";
import { rotationFunction } from "../../shared/runtime/rotation-function.ts";

const session: DatabaseSession & PasswordChange = {
  async setPassword() {},
  async [Symbol.asyncDispose]() {},
};

/** A server that takes every credential at once: what is measured is everything but the database. */
const engine: DatabaseEngine<typeof session> = {
  capabilities: { hashesPasswordOnClient: true },
  names: ["trusting"],
  defaultPort: 1,
  defaultDatabase: "none",
  maxUsernameBytes: 63,
  login: async () => ({ ok: true, session }),
};

export const handler = rotationFunction(engine, { strategies: { "single-user": singleUser(engine) } }, process.env);
