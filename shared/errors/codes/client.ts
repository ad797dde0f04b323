import type { CodeEntry } from "../code-entry.ts";

/** What only the client and the agent raise. No function has them in its bundle. */
export const clientCodes = {
  "client-quota-exceeded": {
    disposition: "retry",
    meaning: "the client's own budget of requests to the source is spent",
    hint: "wait for retryAfterMs; raise the budget, or the TTL, if it persists",
  },
  "connection-stalled": {
    disposition: "retry",
    meaning: "the server stopped answering on an open connection",
    hint: "no action if it reconnects; else look at the server, and at proxies and firewalls that forget connections",
  },
  "driver-unsupported": {
    disposition: "abort",
    meaning: "the driver that is installed is not one that rekey works with",
    hint: "install a version that the context names",
  },
  "event-unrecognized": {
    disposition: "abort",
    meaning: "messages of a subscription do not say which version is current, for the reason in the context",
    hint: "send the event as EventBridge made it, without an input transformer, and nothing else to this queue or channel; confirm the subscription where the reason is unconfirmed",
  },
  "event-unverified": {
    disposition: "abort",
    meaning: "the message was not signed by SNS for a topic that is heard, or not with the key of the Redis channel",
    hint: "check the topic's ARN and that raw message delivery is off, or the channel's key; and who else may send there",
  },
  "invalidation-unavailable": {
    disposition: "retry",
    meaning: "what tells of rotations could not be heard",
    hint: "look at the source and the reason in the context; the cache falls back to its TTL meanwhile",
  },
  "member-unusable": {
    disposition: "intervene",
    meaning: "a secret's value does not have what a variable or a file is to get, or cannot stand there",
    hint: "look at the problem in the context, and put the member into the secret, or change the reference or its form",
  },
  "pool-closed": {
    disposition: "abort",
    meaning: "the rotating pool or the client was closed",
    hint: "create a new one",
  },
  "signing-key-unknown": {
    disposition: "abort",
    meaning: "no key of the secret may verify this token",
    hint: "refuse the token: it is forged, of another issuer, or expired",
  },
  "source-malformed": {
    disposition: "abort",
    meaning: "the client's source gave something that is not a version of a secret",
    hint: "return { versionId, value } with a text and a SecretValue, or undefined where there is no such version",
  },
  "template-invalid": {
    disposition: "abort",
    meaning: "a template of a file is wrong",
    hint: "look at the line and the problem in the context; docs/how-to/exec.md has the form of templates",
  },
  "vault-behind": {
    disposition: "retry",
    meaning: "this Vault node has not reached the state that was asked for",
    hint: "it catches up by itself; look at the replication of the cluster if it persists",
  },
  "vault-login-refused": {
    disposition: "intervene",
    meaning: "Vault refused the login of this process",
    hint: "check the role, and that the secret id, JWT or identity is valid and not used up; and the mount of the auth method",
  },
  "vault-mount-missing": {
    disposition: "intervene",
    meaning: "Vault has nothing mounted at this path, or an engine that does not know it",
    hint: "check the option mount (VAULT_MOUNT) with vault secrets list, and the namespace",
  },
  "vault-mount-version": {
    disposition: "intervene",
    meaning: "the mount is not KV version 2",
    hint: "name a KV version 2 mount in the option mount (VAULT_MOUNT), or upgrade it: vault kv enable-versioning <mount>",
  },
  "vault-namespace-missing": {
    disposition: "intervene",
    meaning: "Vault has no such namespace",
    hint: "check the option namespace (VAULT_NAMESPACE); a child is named with its parents: parent/child",
  },
  "vault-sealed": {
    disposition: "retry",
    meaning: "Vault is sealed",
    hint: "unseal it: vault operator unseal; look at its log for why it was sealed",
  },
  "vault-standby": {
    disposition: "retry",
    meaning: "this Vault node stands by and cannot answer",
    hint: "give the address of the cluster's load balancer or of its active node; look for an election that does not end",
  },
  "vault-throttled": {
    disposition: "retry",
    meaning: "Vault is limiting the rate of requests",
    hint: "raise Vault's rate limit quota, or the TTL of the clients, if it persists",
  },
  "vault-token-expired": {
    disposition: "intervene",
    meaning: "this process's own Vault token has run out",
    hint: "give it a new token, or a login (approle, jwt, aws) that gets one by itself",
  },
  "vault-token-refused": {
    disposition: "intervene",
    meaning: "Vault does not know this process's token: it was revoked, or is of another cluster or time",
    hint: "check the token with vault token lookup, and whether somebody revoked it",
  },
  "vault-uninitialized": {
    disposition: "retry",
    meaning: "Vault is not initialized",
    hint: "check that the address is the right cluster's; a new one is set up with vault operator init",
  },
  "version-not-visible": {
    disposition: "retry",
    meaning: "a replica shows an older version than was read before, and the primary did not answer",
    hint: "a replica lags behind; if it persists, look for a replication that is stuck and for why the primary is silent",
  },
} as const satisfies Record<string, CodeEntry>;
