import type { Clock } from "../clock.ts";
import {
  type Backend,
  invalidAccessor,
  isoTime,
  noContent,
  reply,
  unknownToken,
  unsupportedPath,
  type VaultCall,
  VaultRefusal,
  type VaultReply,
} from "./exchange.ts";
import { durationField, flagField, integerField, listField, mapField, textField } from "./input.ts";
import { maxLeaseSeconds, type Token, type TokenGrant, type TokenStore } from "./tokens.ts";

/** The `auth` part of an answer that gives a token. */
export const authOf = (token: Token, clock: Clock): Readonly<Record<string, unknown>> => ({
  client_token: token.id,
  accessor: token.accessor,
  policies: token.policies,
  token_policies: token.policies,
  metadata: token.meta,
  lease_duration: Math.ceil(secondsLeft(token, clock)),
  renewable: token.renewable,
  entity_id: token.entityId,
  token_type: "service",
  orphan: token.orphan,
  mfa_requirement: null,
  num_uses: token.usesLeft,
});

const secondsLeft = (token: Token, clock: Clock): number =>
  token.expiresMs === Infinity ? 0 : (token.expiresMs - clock.now()) / 1000;

function lookup(token: Token, clock: Clock): VaultReply {
  const { renewedMs } = token;
  return reply({
    data: {
      accessor: token.accessor,
      creation_time: Math.floor(token.createdMs / 1000),
      creation_ttl: token.ttlSeconds,
      display_name: token.displayName,
      entity_id: token.entityId,
      ...(token.expiresMs !== Infinity && { expire_time: isoTime(token.expiresMs) }),
      explicit_max_ttl: token.explicitMaxSeconds,
      id: token.id,
      issue_time: isoTime(token.createdMs),
      ...(renewedMs !== undefined && {
        last_renewal: isoTime(renewedMs),
        last_renewal_time: Math.floor(renewedMs / 1000),
      }),
      meta: token.meta,
      num_uses: token.usesLeft,
      orphan: token.orphan,
      path: token.path,
      ...(token.periodSeconds > 0 && { period: token.periodSeconds }),
      policies: token.policies,
      renewable: token.renewable,
      ttl: Math.floor(secondsLeft(token, clock)),
      type: "service",
    },
  });
}

function create({ input }: VaultCall, parent: Token, orphan: boolean): TokenGrant {
  const asked = listField(input, "policies") ?? parent.policies;
  const isRoot = asked.includes("root");
  if (!parent.policies.includes("root") && asked.some((policy) => !parent.policies.includes(policy))) {
    throw new VaultRefusal(400, "child policies must be subset of parent");
  }
  const withDefault = !isRoot && flagField(input, "no_default_policy") !== true;
  const meta = mapField(input, "meta");
  const name = textField(input, "display_name");
  const periodSeconds = durationField(input, "period");
  const ttlSeconds = periodSeconds || (durationField(input, "ttl") ?? 0);
  return {
    id: textField(input, "id"),
    policies: isRoot ? ["root"] : [...asked, ...(withDefault ? ["default"] : [])],
    displayName: name === undefined ? "token" : `token-${name}`,
    path: "auth/token/create",
    meta: meta ? Object.fromEntries(Object.entries(meta).map(([key, value]) => [key, String(value)])) : undefined,
    orphan,
    parent: parent.id,
    renewable: flagField(input, "renewable"),
    ttlSeconds: ttlSeconds > 0 || isRoot ? ttlSeconds : maxLeaseSeconds,
    periodSeconds,
    explicitMaxSeconds: durationField(input, "explicit_max_ttl"),
    uses: integerField(input, "num_uses"),
  };
}

/** `auth/token/`: create, look up, renew and revoke tokens. */
export function tokenBackend(tokens: TokenStore, clock: Clock): Backend {
  const named = ({ input }: VaultCall): Token => {
    const token = tokens.find(textField(input, "token") ?? "");
    if (token === undefined) throw new VaultRefusal(403, "bad token");
    return token;
  };
  const byAccessor = ({ input }: VaultCall): Token => {
    const accessor = textField(input, "accessor");
    const token = tokens.all().find((candidate) => candidate.accessor === accessor);
    if (token === undefined) throw invalidAccessor();
    return token;
  };
  function renew(token: Token, call: VaultCall): VaultReply {
    if (!token.renewable) throw new VaultRefusal(400, "lease is not renewable");
    return reply({ auth: authOf(tokens.renew(token, durationField(call.input, "increment")), clock) });
  }
  function revoke(token: Token): VaultReply {
    tokens.revoke(token.id);
    return noContent;
  }

  return {
    exists: () => true,
    handle(call) {
      const { token } = call;
      if (token === undefined) throw unknownToken();
      const isWrite = call.operation === "write";
      switch (call.path) {
        case "lookup-self":
          return lookup(token, clock);
        case "renew-self":
          if (isWrite) return renew(token, call);
          break;
        case "revoke-self":
          if (isWrite) return revoke(token);
          break;
        case "create":
        case "create-orphan":
          if (isWrite) {
            const orphan = call.path === "create-orphan" || flagField(call.input, "no_parent") === true;
            return reply({ auth: authOf(tokens.issue(create(call, token, orphan)), clock) });
          }
          break;
        case "accessors":
        case "accessors/":
          if (call.operation === "list") {
            return reply({ data: { keys: tokens.all().map(({ accessor }) => accessor) } });
          }
          break;
        case "lookup-accessor":
          if (isWrite) return lookup({ ...byAccessor(call), id: "" }, clock);
          break;
        case "revoke-accessor":
          if (isWrite) return revoke(byAccessor(call));
          break;
        case "lookup":
          if (isWrite) return lookup(named(call), clock);
          break;
        case "renew":
          if (isWrite) return renew(named(call), call);
          break;
        case "revoke":
          if (isWrite) return revoke(named(call));
          break;
        default:
      }
      throw unsupportedPath();
    },
  };
}
