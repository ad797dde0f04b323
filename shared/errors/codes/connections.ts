import { abort, intervene, retry, type CodeEntry } from "../code-entry.ts";

/** What only the client's pools, keys, signed events and Vault sources raise. No function has them in its bundle. */
export const connectionCodes = {
  "connection-stalled": retry(
    "the server stopped answering on an open connection",
    "no action if it reconnects; else look at the server, and at proxies and firewalls that forget connections",
  ),
  "driver-unsupported": abort(
    "the driver that is installed is not one that rekey works with",
    "install a version that the context names",
  ),
  "event-unverified": abort(
    "the message was not signed by SNS for a topic that is heard, or not with the key of the Redis channel",
    "check the topic's ARN and that raw message delivery is off, or the channel's key; and who else may send there",
  ),
  "signing-key-unknown": abort(
    "no key of the secret may verify this token",
    "refuse the token: it is forged, of another issuer, or expired",
  ),
  "vault-behind": retry(
    "this Vault node has not reached the state that was asked for",
    "it catches up by itself; look at the replication of the cluster if it persists",
  ),
  "vault-login-refused": intervene(
    "Vault refused the login of this process",
    "check the role, and that the secret id, JWT or identity is valid and not used up; and the mount of the auth method",
  ),
  "vault-mount-missing": intervene(
    "Vault has nothing mounted at this path, or an engine that does not know it",
    "check the option mount (VAULT_MOUNT) with vault secrets list, and the namespace",
  ),
  "vault-mount-version": intervene(
    "the mount is not KV version 2",
    "name a KV version 2 mount in the option mount (VAULT_MOUNT), or upgrade it: vault kv enable-versioning <mount>",
  ),
  "vault-namespace-missing": intervene(
    "Vault has no such namespace",
    "check the option namespace (VAULT_NAMESPACE); a child is named with its parents: parent/child",
  ),
  "vault-sealed": retry("Vault is sealed", "unseal it: vault operator unseal; look at its log for why it was sealed"),
  "vault-standby": retry(
    "this Vault node stands by and cannot answer",
    "give the address of the cluster's load balancer or of its active node; look for an election that does not end",
  ),
  "vault-throttled": retry(
    "Vault is limiting the rate of requests",
    "raise Vault's rate limit quota, or the TTL of the clients, if it persists",
  ),
  "vault-token-expired": intervene(
    "this process's own Vault token has run out",
    "give it a new token, or a login (approle, jwt, aws) that gets one by itself",
  ),
  "vault-token-refused": intervene(
    "Vault does not know this process's token: it was revoked, or is of another cluster or time",
    "check the token with vault token lookup, and whether somebody revoked it",
  ),
  "vault-uninitialized": retry(
    "Vault is not initialized",
    "check that the address is the right cluster's; a new one is set up with vault operator init",
  ),
} as const satisfies Record<string, CodeEntry>;
