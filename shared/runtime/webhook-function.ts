import { RekeyError } from "../errors/rekey-error.ts";
import type { CallOptions, SecretStore } from "../rotation/ports.ts";
import type { SecretValue } from "../secrets/secret-value.ts";
import { postWebhook, webhookAddress } from "../webhook/post-webhook.ts";
import { environmentStore } from "./aws-clients.ts";
import { environmentOf } from "./environment.ts";
import { environmentStanding } from "./environment-standing.ts";
import { queueFunction } from "./queue-function.ts";

/** The current key and the one before it, so that a receiver has time to change. */
async function keysOf(store: SecretStore, secretId: string, call: CallOptions): Promise<readonly SecretValue[]> {
  const current = await store.read(secretId, { label: "AWSCURRENT" }, call);
  if (current === undefined) throw new RekeyError("secret-not-found", { context: { secret: secretId } });
  const previous = await store.read(secretId, { label: "AWSPREVIOUS" }, call);
  return [current, previous].flatMap((version) => (version === undefined ? [] : [version.value]));
}

/** The Lambda handler of a queue of rekey's events: posts each that Secrets Manager bears out, signed, to one address. */
export function webhookFunction(
  variables: Readonly<Record<string, string | undefined>>,
): ReturnType<typeof queueFunction> {
  const environment = environmentOf(variables);
  const store = environmentStore(environment);
  const address = webhookAddress(environment.required("REKEY_WEBHOOK_URL"));
  const keySecret = environment.required("REKEY_WEBHOOK_KEY_SECRET");
  const standingIn = environmentStanding(environment, store);
  return queueFunction({ done: "posted", notDone: "not posted" }, async (record, call) => {
    const { body, messageId } = record;
    const { again, ...heard } = await standingIn(record, call);
    if (heard.standing !== "current") return { facts: { messageId, ...heard }, again };
    const keys = await keysOf(store, keySecret, call);
    await postWebhook({ address, keys, nowMs: Date.now() }, body, call);
    return { facts: { messageId, host: address.host } };
  });
}
