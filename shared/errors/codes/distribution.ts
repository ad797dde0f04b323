import { abort, intervene, retry, type CodeEntry } from "../code-entry.ts";
import { vaultPathTag } from "../../tags/tag-names.ts";

/** What happens to a version after it was rotated: events, mirrors, caches. */
export const distributionCodes = {
  "adoption-unavailable": retry(
    "the table of who uses which version did not take an adoption",
    "the message is delivered again; check the table and the role's dynamodb:UpdateItem permission if it persists",
  ),
  "channel-unauthorized": intervene(
    "Redis refused the login, or the user may not publish on the channel",
    "allow the secret's user +publish and the channel: ACL SETUSER <user> resetchannels &<channel> +publish",
  ),
  "channel-unavailable": retry(
    "Redis did not take the event for its channel",
    "the message is delivered again; check host, port, security groups and the server's health by the reason in the context",
  ),
  "chat-refused": intervene(
    "a chat or on-call service refused the message for good",
    "look at the status or reason in the context: the webhook or routing key in the target's secret is wrong, or was taken away",
  ),
  "chat-unavailable": retry(
    "a chat or on-call service did not take the message",
    "the message is delivered again; look at the service's own state if it persists",
  ),
  "event-malformed": abort(
    "the message is not one of rekey's events",
    "look at the message in the dead-letter queue, and at who else may write to this queue",
  ),
  "event-rejected": intervene(
    "the event bus refused the event for good",
    "check EVENT_BUS_NAME and the role's events:PutEvents permission",
  ),
  "events-unavailable": retry(
    "the event bus did not take the event",
    "the step is repeated by Secrets Manager; no action unless it persists",
  ),
  "kubernetes-conflict": intervene(
    "somebody else manages a key of the Secret that rekey should write",
    "take the keys out of what manages them, such as a Helm chart, or grant another Secret; rekey never takes a field over",
  ),
  "kubernetes-not-refreshed": retry(
    "a copy in the cluster does not have the version yet, so nothing that uses it was restarted",
    "the message is delivered again; if it persists, look at the conditions of the ExternalSecret: kubectl describe externalsecret",
  ),
  "kubernetes-refused": intervene(
    "the cluster's API server refused a call, or is not the configured one",
    "look at the status, problem or reason in the context: apply what rekey kubernetes-manifests prints, and check the access entry, the ca and that the object exists",
  ),
  "kubernetes-unavailable": retry(
    "the cluster's API server did not answer, or not now",
    "the message is delivered again; check the cluster and the way to it by the reason or status in the context",
  ),
  "mirror-conflict": retry(
    "another writer changed the mirrored secret at the same time",
    "the message is delivered again; if it persists, look for a second writer on this path",
  ),
  "mirror-foreign": intervene(
    "this place in Vault is not the secret's",
    "choose another, or: rekey mirror <secret> --take-over",
  ),
  "mirror-path-invalid": abort(
    "the secret's place cannot be used as a Vault path",
    `give it a path below the prefix with the tag ${vaultPathTag}`,
    "read it by its name, or say where it lies with pathOf",
  ),
  "mirror-rejected": intervene("Vault refused the write", "check the mount, that it is KV version 2, and the path"),
  "mirror-unauthorized": intervene(
    "Vault refused the login, the token or the policy",
    "check the login's credential, and that its policy is the one that rekey vault-policy prints",
    "give the policy of the login the capability read on the path in the context",
  ),
  "mirror-unavailable": retry(
    "Vault did not answer, is sealed, standing by or limiting the rate",
    "check the Vault cluster's health; the message stays in the queue",
    "check the Vault cluster's health, and the address and the way to it by the reason or the status in the context",
  ),
  "queue-unavailable": retry(
    "the queue did not take a message, or a change of one",
    "check the queue and the role's sqs permissions if it persists",
  ),
  "webhook-rejected": abort(
    "a request to a webhook is not one that rekey signed with this key just now",
    "check the key, the receiver's clock, and that the body is verified byte for byte as it was received",
  ),
  "webhook-unavailable": retry(
    "the webhook's receiver did not take the event",
    "the message is delivered again; look at the receiver's log for the status in the context",
  ),
} as const satisfies Record<string, CodeEntry>;
