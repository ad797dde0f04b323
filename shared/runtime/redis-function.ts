import { publishOnRedis, signedMessage } from "../channels/redis-channel.ts";
import { RekeyError } from "../errors/rekey-error.ts";
import { environmentStore } from "./aws-clients.ts";
import { environmentCa } from "./environment-ca.ts";
import { environmentOf } from "./environment.ts";
import { environmentVersionState } from "./environment-version-state.ts";
import { queueFunction } from "./queue-function.ts";
import { signingKeys } from "./signing-keys.ts";
import { defined } from "../secrets/defined.ts";

/**
 * The Lambda handler of a queue of rekey's events: publishes each that Secrets Manager bears out, as EventBridge made it, on one
 * channel of Redis, and signs it where there is a key. The secrets with the login and the key are read for each, so they may
 * themselves be rotated.
 */
export function redisFunction(
  variables: Readonly<Record<string, string | undefined>>,
): ReturnType<typeof queueFunction> {
  const environment = environmentOf(variables);
  const store = environmentStore(environment);
  const login = environment.required("REKEY_REDIS_SECRET");
  const channel = environment.required("REKEY_REDIS_CHANNEL");
  const keySecret = environment.text("REKEY_REDIS_KEY_SECRET");
  const readCa = environmentCa(environment, "REKEY_TLS_CA", store);
  const standingIn = environmentVersionState(environment, store);
  return queueFunction({ done: "published", notDone: "not published" }, async (record, call) => {
    const { secret, standing, again } = await standingIn(record, call);
    if (standing !== "current") return { facts: { secret, standing }, again };
    const version = await store.read(login, { label: "AWSCURRENT" }, call);
    if (version === undefined) throw new RekeyError("secret-not-found", { context: { secret: login } });
    const tlsCa = await readCa(call);
    const to = { secret: version.value, channel, ...defined({ tlsCa }) };
    const text =
      keySecret === undefined
        ? record.body
        : signedMessage(record.body, await signingKeys(store, keySecret, call), Date.now());
    return { facts: { secret, channel, receivers: await publishOnRedis(to, text, call) } };
  });
}
