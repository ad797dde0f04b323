import { randomUUID } from "node:crypto";
import { createClient } from "@redis/client";
import {
  createRotatingConnection,
  type RedisLogin,
  type RotatingConnectionOptions,
} from "../../../shared/client/pools/redis/rotating-connection.ts";
import type { RekeyError } from "../../../shared/errors/rekey-error.ts";
import { fakeSecretClient } from "../../../shared/testing/fake-secret-client.ts";
import type { RedisUnderTest } from "../../support/redis.ts";

export const secretId = "prod/cache";

const quiet = (login: RedisLogin) =>
  createClient({ ...login, disableClientInfo: true, maintNotifications: "disabled" });
type Client = ReturnType<typeof quiet>;

/** A service with one rotating connection to this server, through `port` where one is given. */
export async function redisService(
  server: RedisUnderTest,
  options: Partial<RotatingConnectionOptions<Client>> & { readonly port?: number } = {},
) {
  const username = `app-${randomUUID().slice(0, 8)}`;
  let password = randomUUID();
  await server.admin("ACL", "SETUSER", username, "on", `>${password}`, "~*", "&*", "+@all");
  const secret = (): object => ({
    engine: "redis",
    host: server.host,
    port: options.port ?? server.port,
    username,
    password,
    ssl: false,
  });
  const client = fakeSecretClient({ [secretId]: secret() });
  const errors: RekeyError[] = [];
  client.on("error", ({ error }) => errors.push(error));
  const connection = await createRotatingConnection<Client>({
    client,
    secretId,
    createClient: quiet,
    reconnectDelayMs: () => 10,
    ...options,
  });
  return {
    username,
    client,
    connection,
    redis: connection.redis,
    /** Codes of what was told to the client's `error` listeners. */
    errors,
    codes: (): readonly string[] => errors.map(({ code }) => code),
    /** Gives the user a password in addition to the one that it has, and the service its secret. */
    async rotate(): Promise<string> {
      password = randomUUID();
      await server.admin("ACL", "SETUSER", username, `>${password}`);
      return client.rotate(secretId, secret());
    },
    /** Puts a secret there that is not the user's. */
    put: async (value: string | object): Promise<string> => client.rotate(secretId, value),
    secret,
    async [Symbol.asyncDispose]() {
      await connection.end();
      await client.close();
    },
  };
}
