import { abort, retry, type CodeEntry } from "../code-entry.ts";

/** What only the client itself raises, whatever it reads from. No function has them in its bundle. */
export const clientCodes = {
  "client-quota-exceeded": retry(
    "the client's own budget of requests to the source is spent",
    "wait for retryAfterMs; raise the budget, or the TTL, if it persists",
  ),
  "event-unrecognized": abort(
    "messages of a subscription do not name the current version, for the reason in the context",
    "send EventBridge's event as it is, without an input transformer; where the reason is unconfirmed, confirm the subscription",
  ),
  "invalidation-unavailable": retry(
    "what tells of rotations could not be heard",
    "check the reason in the context; the cache falls back to its TTL meanwhile",
  ),
  "pool-closed": abort("the rotating pool or the client was closed", "create a new one"),
  "source-malformed": abort(
    "the client's source gave something that is not a version of a secret",
    "return { versionId, value } with a text and a SecretValue, or undefined where there is no such version",
  ),
  "version-not-visible": retry(
    "a replica shows an older version than was read before, and the primary did not answer",
    "if it persists, look for a stuck replication, and for why the primary is silent",
  ),
} as const satisfies Record<string, CodeEntry>;
