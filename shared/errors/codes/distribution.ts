import type { CodeEntry } from "../code-entry.ts";
import { vaultPathTag } from "../../tags/tag-names.ts";

/** What happens to a version after it was rotated: events, mirrors, caches. */
export const distributionCodes = {
  "adoption-unavailable": {
    disposition: "retry",
    meaning: "the table of who uses which version did not take an adoption",
    hint: "the message is delivered again; check the table and the role's dynamodb:UpdateItem permission if it persists",
  },
  "channel-unauthorized": {
    disposition: "intervene",
    meaning: "Redis refused the login, or the user may not publish on the channel",
    hint: "allow the secret's user +publish and the channel: ACL SETUSER <user> resetchannels &<channel> +publish",
  },
  "channel-unavailable": {
    disposition: "retry",
    meaning: "Redis did not take the event for its channel",
    hint: "the message is delivered again; check host, port, security groups and the server's health by the reason in the context",
  },
  "chat-refused": {
    disposition: "intervene",
    meaning: "a chat or on-call service refused the message for good",
    hint: "look at the status or reason in the context: the webhook or routing key in the target's secret is wrong, or was taken away",
  },
  "chat-unavailable": {
    disposition: "retry",
    meaning: "a chat or on-call service did not take the message",
    hint: "the message is delivered again; look at the service's own state if it persists",
  },
  "event-malformed": {
    disposition: "abort",
    meaning: "the message is not one of rekey's events",
    hint: "look at the message in the dead-letter queue, and at who else may write to this queue",
  },
  "event-rejected": {
    disposition: "intervene",
    meaning: "the event bus refused the event for good",
    hint: "check EVENT_BUS_NAME and the role's events:PutEvents permission",
  },
  "events-unavailable": {
    disposition: "retry",
    meaning: "the event bus did not take the event",
    hint: "the step is repeated by Secrets Manager; no action unless it persists",
  },
  "mirror-conflict": {
    disposition: "retry",
    meaning: "another writer changed the mirrored secret at the same time",
    hint: "the message is delivered again; if it persists, look for a second writer on this path",
  },
  "mirror-foreign": {
    disposition: "intervene",
    meaning: "this place in Vault is not the secret's",
    hint: "choose another, or: rekey mirror <secret> --take-over",
  },
  "mirror-path-invalid": {
    disposition: "abort",
    meaning: "the secret's place cannot be used as a Vault path",
    hint: `give it a path below the prefix with the tag ${vaultPathTag}`,
  },
  "mirror-rejected": {
    disposition: "intervene",
    meaning: "Vault refused the write",
    hint: "check the mount, that it is KV version 2, and the path",
  },
  "mirror-unauthorized": {
    disposition: "intervene",
    meaning: "Vault refused the login, the token or the policy",
    hint: "check the login's credential, and that its policy is the one that rekey vault-policy prints",
  },
  "mirror-unavailable": {
    disposition: "retry",
    meaning: "Vault did not answer, is sealed, standing by or limiting the rate",
    hint: "check the Vault cluster's health; the message stays in the queue",
  },
  "queue-unavailable": {
    disposition: "retry",
    meaning: "the queue did not take a message, or a change of one",
    hint: "check the queue and the role's sqs permissions if it persists",
  },
  "webhook-rejected": {
    disposition: "abort",
    meaning: "a request to a webhook is not one that rekey signed with this key just now",
    hint: "check the key, the receiver's clock, and that the body is verified byte for byte as it was received",
  },
  "webhook-unavailable": {
    disposition: "retry",
    meaning: "the webhook's receiver did not take the event",
    hint: "the message is delivered again; look at the receiver's log for the status in the context",
  },
} as const satisfies Record<string, CodeEntry>;
