import { postWebhook, webhookAddress } from "../webhook/post-webhook.ts";
import { environmentStore } from "./aws-clients.ts";
import { environmentOf } from "./environment.ts";
import { environmentVersionState } from "./environment-version-state.ts";
import { queueFunction } from "./queue-function.ts";
import { signingKeys } from "./signing-keys.ts";

/** The Lambda handler of a queue of rekey's events: posts each that Secrets Manager bears out, signed, to one address. */
export function webhookFunction(
  variables: Readonly<Record<string, string | undefined>>,
): ReturnType<typeof queueFunction> {
  const environment = environmentOf(variables);
  const store = environmentStore(environment);
  const address = webhookAddress(environment.required("REKEY_WEBHOOK_URL"));
  const keySecret = environment.required("REKEY_WEBHOOK_KEY_SECRET");
  const standingIn = environmentVersionState(environment, store);
  return queueFunction({ done: "posted", notDone: "not posted" }, async (record, call) => {
    const { body, messageId } = record;
    const { again, ...heard } = await standingIn(record, call);
    if (heard.standing !== "current") return { facts: { messageId, ...heard }, again };
    const keys = await signingKeys(store, keySecret, call);
    await postWebhook({ address, keys, nowMs: Date.now() }, body, call);
    return { facts: { messageId, host: address.host } };
  });
}
