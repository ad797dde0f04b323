import type { Clock } from "../clock.ts";
import { denied, noHandler, type Operation, unknownToken, type VaultCall, type VaultReply } from "./exchange.ts";
import { kv2Backend } from "./kv2-backend.ts";
import { mountTable } from "./mounts.ts";
import { policyStore } from "./policies.ts";
import type { Capability } from "./policy-language.ts";
import { systemBackend } from "./system-backend.ts";
import { tokenBackend } from "./token-backend.ts";
import { tokenStore } from "./tokens.ts";

export type VaultCore = (
  call: Omit<VaultCall, "token">,
  tokenId: string | undefined,
) => VaultReply | Promise<VaultReply>;

const needed: Readonly<Record<Exclude<Operation, "write">, Capability>> = {
  read: "read",
  list: "list",
  patch: "patch",
  delete: "delete",
};

/** Paths that ask for `sudo` besides. */
const guarded = /^(auth\/token\/create-orphan|sys\/auth\/.+)$/;

/** Any token may ask; the answer itself depends on its policies. */
const preflight = /^sys\/internal\/ui\/mounts\/./;

/**
 * Vault behind its HTTP front: token, policies, route, in this order. As after `vault server -dev` there is a root token
 * and KV version 2 at `secret/`. Refusals are thrown as `VaultRefusal`.
 */
export function vaultCore(rootToken: string, clock: Clock): VaultCore {
  const mounts = mountTable();
  const policies = policyStore(clock);
  const tokens = tokenStore(clock);
  tokens.issue({
    id: rootToken,
    policies: ["root"],
    displayName: "token",
    path: "auth/token/create",
    orphan: true,
    ttlSeconds: 0,
  });
  mounts.add({ path: "sys", type: "system", backend: systemBackend({ mounts, policies, tokens, clock }) });
  mounts.add({ path: "auth/token", type: "token", backend: tokenBackend(tokens, clock) });
  mounts.add({
    path: "secret",
    type: "kv",
    description: "key/value secret storage",
    options: { version: "2" },
    backend: kv2Backend(clock),
  });

  return (call, tokenId) => {
    const mount = mounts.serving(call.path.replace(/\/$/, ""));
    const backend = mount?.backend;
    const path = mount === undefined ? "" : call.path.slice(mount.path.length + 1);
    if (backend?.isOpen?.(path) === true) return backend.handle({ ...call, path });

    const token = tokenId === undefined ? undefined : tokens.find(tokenId);
    if (token === undefined) throw unknownToken();
    tokens.spend(token);
    const allowed = policies.allowed(token.policies, call.path, call.operation === "list");
    const writes = backend === undefined || backend.exists(path) ? "update" : "create";
    const capability = call.operation === "write" ? writes : needed[call.operation];
    if (!preflight.test(call.path)) {
      if (!allowed.has(capability) || (guarded.test(call.path) && !allowed.has("sudo"))) throw denied();
    }
    if (backend === undefined) throw noHandler(call.path);
    return backend.handle({ ...call, path, token });
  };
}
