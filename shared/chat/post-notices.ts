import { RekeyError } from "../errors/rekey-error.ts";
import { exchange, HttpFault } from "../http/exchange.ts";
import type { CallOptions } from "../ports/call.ts";
import type { SecretStore } from "../ports/secret-store.ts";
import type { SecretValue } from "../secrets/secret-value.ts";
import { type ChatTarget, pagerDutyOrigin } from "./chat-targets.ts";
import type { Notice } from "./notice.ts";
import { pagerDutyEvents } from "./pagerduty.ts";
import { slackMessage } from "./slack.ts";
import { teamsMessage } from "./teams.ts";

const timeoutMs = 5_000;
/** PagerDuty takes about two a second; the others of a storm come with the next batch. */
const mostIncidents = 25;
const longestRest = 3_600;
const usualRest = 30;

interface Message {
  readonly body: object;
  readonly notices: readonly Notice[];
}

const malformed = ({ secret }: ChatTarget, problem: string): RekeyError =>
  new RekeyError("secret-malformed", { context: { secret, problem } });

/** The address is a credential: nothing of it is in an error. Errors: `secret-malformed`. */
function webhookUrl(target: ChatTarget, value: SecretValue): string {
  const url = URL.parse(value.reveal().trim());
  if (url === null || url.username !== "" || url.password !== "") throw malformed(target, "no https address");
  if (target.origin === undefined ? url.protocol !== "https:" : url.origin !== target.origin) {
    throw malformed(target, target.origin === undefined ? "no https address" : "another origin");
  }
  return url.href;
}

function routingKey(target: ChatTarget, value: SecretValue): string {
  const key = value.reveal().trim();
  if (!/^[A-Za-z0-9]{20,64}$/.test(key)) throw malformed(target, "no routing key");
  return key;
}

/** Slack and Teams hear all in one message, but not that a rotation went well. */
function messagesOf(target: ChatTarget, value: SecretValue, notices: readonly Notice[]) {
  if (target.kind === "pagerduty") {
    const routing_key = routingKey(target, value);
    const events = pagerDutyEvents(notices).slice(0, mostIncidents);
    const messages = events.map(({ body, notices: told }) => ({ body: { routing_key, ...body }, notices: told }));
    return { address: `${target.origin ?? pagerDutyOrigin}/v2/enqueue`, messages };
  }
  const message = target.kind === "slack" ? slackMessage : teamsMessage;
  return { address: webhookUrl(target, value), messages: [{ body: message(notices), notices }] };
}

/** Seconds, or a date. */
function restMs(header: string | undefined, nowMs: number): number {
  const text = header ?? "";
  const seconds = /^\d{1,9}$/.test(text) ? Number(text) : (Date.parse(text) - nowMs) / 1_000;
  return 1_000 * (Number.isNaN(seconds) ? usualRest : Math.min(Math.max(seconds, 1), longestRest));
}

async function post(target: ChatTarget, address: string, { body }: Message, call: CallOptions): Promise<void> {
  const { kind, secret, origin } = target;
  const context = { target: kind, secret };
  const { status, headers } = await exchange(address, {
    method: "POST",
    headers: {},
    json: body,
    signal: call.signal,
    timeoutMs,
    maxAnswerBytes: 65_536,
    publicOnly: origin === undefined,
  }).catch((error: unknown) => {
    if (!(error instanceof HttpFault)) throw error;
    if (error.failure === "aborted") throw new RekeyError("time-budget-spent", { context });
    const code = error.failure === "internal" ? "chat-refused" : "chat-unavailable";
    throw new RekeyError(code, { context: { ...context, reason: error.failure } });
  });
  if (status >= 200 && status <= 299) return;
  if (status === 429) {
    const retryAfterMs = restMs(headers["retry-after"], Date.now());
    throw new RekeyError("chat-unavailable", { context: { ...context, status, retryAfterMs }, retryAfterMs });
  }
  const isTheirs = status >= 500 || status === 408;
  throw new RekeyError(isTheirs ? "chat-unavailable" : "chat-refused", { context: { ...context, status } });
}

/**
 * Posts notices to one target, and says of each when it was taken: at least once, and maybe not all of them. Redirects are not
 * followed. Errors: `chat-unavailable`, with `retryAfterMs` where the service asked for a rest; `chat-refused`;
 * `secret-malformed`, `secret-not-found`, those of the store; `time-budget-spent`.
 */
export async function postNotices(
  target: ChatTarget,
  notices: readonly Notice[],
  { store, taken }: { readonly store: Pick<SecretStore, "read">; readonly taken: (notice: Notice) => void },
  call: CallOptions,
): Promise<void> {
  const version = await store.read(target.secret, { label: "AWSCURRENT" }, call);
  if (version === undefined) throw new RekeyError("secret-not-found", { context: { secret: target.secret } });
  const { address, messages } = messagesOf(target, version.value, notices);
  for (const message of messages) {
    await post(target, address, message, call);
    for (const notice of message.notices) taken(notice);
  }
}
