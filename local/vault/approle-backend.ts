import { randomUUID } from "node:crypto";
import type { Clock } from "../clock.ts";
import {
  type Backend,
  noContent,
  notFound,
  reply,
  unsupportedOperation,
  unsupportedPath,
  type VaultCall,
  VaultRefusal,
  type VaultReply,
} from "./exchange.ts";
import { durationField, flagField, type Input, integerField, listField, textField } from "./input.ts";
import { authOf } from "./token-backend.ts";
import { maxLeaseSeconds, type TokenStore } from "./tokens.ts";

interface SecretId {
  readonly accessor: string;
  readonly expiresMs: number;
  usesLeft: number;
}

interface Role {
  roleId: string;
  policies: readonly string[];
  noDefaultPolicy: boolean;
  ttlSeconds: number;
  maxTtlSeconds: number;
  explicitMaxSeconds: number;
  periodSeconds: number;
  tokenUses: number;
  secretIdUses: number;
  secretIdTtlSeconds: number;
  readonly entityId: string;
  readonly secretIds: Map<string, SecretId>;
}

const newRole = (): Role => ({
  roleId: randomUUID(),
  policies: [],
  noDefaultPolicy: false,
  ttlSeconds: 0,
  maxTtlSeconds: 0,
  explicitMaxSeconds: 0,
  periodSeconds: 0,
  tokenUses: 0,
  secretIdUses: 0,
  secretIdTtlSeconds: 0,
  entityId: randomUUID(),
  secretIds: new Map(),
});

function changeRole(role: Role, input: Input): void {
  role.roleId = textField(input, "role_id") ?? role.roleId;
  role.policies = listField(input, "token_policies") ?? listField(input, "policies") ?? role.policies;
  role.noDefaultPolicy = flagField(input, "token_no_default_policy") ?? role.noDefaultPolicy;
  role.ttlSeconds = durationField(input, "token_ttl") ?? role.ttlSeconds;
  role.maxTtlSeconds = durationField(input, "token_max_ttl") ?? role.maxTtlSeconds;
  role.explicitMaxSeconds = durationField(input, "token_explicit_max_ttl") ?? role.explicitMaxSeconds;
  role.periodSeconds = durationField(input, "token_period") ?? role.periodSeconds;
  role.tokenUses = integerField(input, "token_num_uses") ?? role.tokenUses;
  role.secretIdUses = integerField(input, "secret_id_num_uses") ?? role.secretIdUses;
  role.secretIdTtlSeconds = durationField(input, "secret_id_ttl") ?? role.secretIdTtlSeconds;
}

const shownRole = (role: Role): Input => ({
  bind_secret_id: true,
  local_secret_ids: false,
  secret_id_bound_cidrs: null,
  secret_id_num_uses: role.secretIdUses,
  secret_id_ttl: role.secretIdTtlSeconds,
  token_bound_cidrs: [],
  token_explicit_max_ttl: role.explicitMaxSeconds,
  token_max_ttl: role.maxTtlSeconds,
  token_no_default_policy: role.noDefaultPolicy,
  token_num_uses: role.tokenUses,
  token_period: role.periodSeconds,
  token_policies: role.policies,
  token_strictly_bind_ip: false,
  token_ttl: role.ttlSeconds,
  token_type: "default",
});

/** AppRole at `auth/<mount>/`, as OpenBao answers: one text for whatever is wrong with a login. */
export function appRoleBackend(mount: string, tokens: TokenStore, clock: Clock): Backend {
  const roles = new Map<string, Role>();

  function login(input: Input): VaultReply {
    const roleId = textField(input, "role_id") ?? "";
    if (roleId === "") throw new VaultRefusal(500, "missing role_id");
    const secret = textField(input, "secret_id") ?? "";
    if (secret === "") throw new VaultRefusal(400, "missing secret_id");
    const [name, role] = [...roles].find(([, candidate]) => candidate.roleId === roleId) ?? [];
    const secretId = role?.secretIds.get(secret);
    if (name === undefined || role === undefined || secretId === undefined || secretId.expiresMs <= clock.now()) {
      throw new VaultRefusal(400, "invalid role or secret ID");
    }
    if (secretId.usesLeft === 1) role.secretIds.delete(secret);
    else if (secretId.usesLeft > 1) secretId.usesLeft -= 1;
    const token = tokens.issue({
      policies: [...role.policies, ...(role.noDefaultPolicy ? [] : ["default"])],
      displayName: mount,
      path: `auth/${mount}/login`,
      meta: { role_name: name },
      entityId: role.entityId,
      orphan: true,
      ttlSeconds: role.periodSeconds || role.ttlSeconds || maxLeaseSeconds,
      maxSeconds: role.maxTtlSeconds,
      periodSeconds: role.periodSeconds,
      explicitMaxSeconds: role.explicitMaxSeconds,
      uses: role.tokenUses,
    });
    return reply({ auth: authOf(token, clock) });
  }

  function issueSecretId(role: Role, id: string): VaultReply {
    const accessor = randomUUID();
    const { secretIdTtlSeconds: ttlSeconds, secretIdUses: usesLeft } = role;
    const expiresMs = ttlSeconds === 0 ? Infinity : clock.now() + ttlSeconds * 1000;
    role.secretIds.set(id, { accessor, expiresMs, usesLeft });
    return reply({
      data: {
        secret_id: id,
        secret_id_accessor: accessor,
        secret_id_num_uses: usesLeft,
        secret_id_ttl: ttlSeconds,
      },
    });
  }

  function onRole(name: string, { operation, input }: VaultCall): VaultReply {
    const role = roles.get(name);
    switch (operation) {
      case "read":
        if (role === undefined) throw notFound();
        return reply({ data: shownRole(role) });
      case "write": {
        const changed = role ?? newRole();
        changeRole(changed, input);
        roles.set(name, changed);
        return noContent;
      }
      case "delete":
        roles.delete(name);
        return noContent;
      case "list":
      case "patch":
        throw unsupportedOperation();
    }
  }

  function onPart(name: string, part: string, { operation, input }: VaultCall): VaultReply {
    const role = roles.get(name);
    if (role === undefined) {
      throw operation === "write" ? new VaultRefusal(404, `role "${name}" does not exist`) : notFound();
    }
    switch (`${operation} ${part}`) {
      case "read role-id":
        return reply({ data: { role_id: role.roleId } });
      case "write role-id":
        changeRole(role, input);
        return noContent;
      case "list secret-id":
        return reply({ data: { keys: [...role.secretIds.values()].map(({ accessor }) => accessor) } });
      case "write secret-id":
        return issueSecretId(role, randomUUID());
      case "write custom-secret-id":
        return issueSecretId(role, textField(input, "secret_id") ?? "");
      case "write secret-id/destroy":
        role.secretIds.delete(textField(input, "secret_id") ?? "");
        return noContent;
      default:
        throw unsupportedPath();
    }
  }

  return {
    exists: (path) => !/^role\/[^/]+$/.test(path) || roles.has(path.slice("role/".length)),
    isOpen: (path) => path === "login",
    handle(call) {
      const [kind, name = "", ...rest] = call.path.replace(/\/$/, "").split("/");
      if (kind === "login" && call.operation === "write") return login(call.input);
      if (kind !== "role") throw unsupportedPath();
      if (name === "") {
        if (call.operation !== "list") throw unsupportedOperation();
        if (roles.size === 0) throw notFound();
        return reply({ data: { keys: [...roles.keys()].toSorted() } });
      }
      return rest.length === 0 ? onRole(name, call) : onPart(name, rest.join("/"), call);
    },
  };
}
