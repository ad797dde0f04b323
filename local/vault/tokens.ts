import { randomBytes } from "node:crypto";
import type { Clock } from "../clock.ts";

/** Vault's default and longest life of a token: 32 days. */
export const maxLeaseSeconds = 768 * 3600;

export interface Token {
  readonly id: string;
  readonly accessor: string;
  readonly policies: readonly string[];
  readonly displayName: string;
  /** The request that made it, such as `auth/approle/login`: its tokens end with the mount. */
  readonly path: string;
  readonly meta: Readonly<Record<string, string>> | null;
  readonly entityId: string;
  readonly orphan: boolean;
  readonly parent: string | undefined;
  readonly renewable: boolean;
  readonly createdMs: number;
  readonly ttlSeconds: number;
  readonly periodSeconds: number;
  readonly explicitMaxSeconds: number;
  /** Counted from creation; `Infinity` for a token without an end. */
  readonly maxSeconds: number;
  readonly expiresMs: number;
  readonly renewedMs: number | undefined;
  /** 0: without limit. */
  readonly usesLeft: number;
}

export interface TokenGrant {
  readonly id?: string | undefined;
  readonly policies: readonly string[];
  readonly displayName: string;
  readonly path: string;
  readonly meta?: Readonly<Record<string, string>> | undefined;
  readonly entityId?: string;
  readonly orphan?: boolean;
  readonly parent?: string | undefined;
  readonly renewable?: boolean | undefined;
  /** 0: never ends, as the first root token. */
  readonly ttlSeconds: number;
  readonly periodSeconds?: number | undefined;
  readonly explicitMaxSeconds?: number | undefined;
  readonly maxSeconds?: number | undefined;
  readonly uses?: number | undefined;
}

export interface TokenStore {
  issue(grant: TokenGrant): Token;
  /** `undefined` when it is unknown, revoked or over. */
  find(id: string): Token | undefined;
  all(): readonly Token[];
  /** Counts one use; the last one revokes it. */
  spend(token: Token): void;
  renew(token: Token, seconds: number | undefined): Token;
  /** With all its children. */
  revoke(id: string): void;
  revokeWhere(matches: (token: Token) => boolean): void;
}

const random = (): string => randomBytes(32).toString("base64url").replace(/[-_]/g, "0").slice(0, 24);

const positive = (seconds: number | undefined): number => (seconds === undefined || seconds <= 0 ? Infinity : seconds);

export function tokenStore(clock: Clock): TokenStore {
  const tokens = new Map<string, Token>();

  function revoke(id: string): void {
    tokens.delete(id);
    for (const token of tokens.values()) if (token.parent === id) revoke(token.id);
  }

  return {
    issue(grant) {
      const endless = grant.ttlSeconds === 0;
      const limits = [maxLeaseSeconds, positive(grant.maxSeconds), positive(grant.explicitMaxSeconds)];
      const maxSeconds = endless ? Infinity : Math.min(...limits);
      const ttlSeconds = Math.min(grant.ttlSeconds, maxSeconds);
      const createdMs = clock.now();
      const token: Token = {
        id: grant.id ?? `hvs.${random()}`,
        accessor: random(),
        policies: [...new Set(grant.policies)].toSorted(),
        displayName: grant.displayName,
        path: grant.path,
        meta: grant.meta ?? null,
        entityId: grant.entityId ?? "",
        orphan: grant.orphan ?? false,
        parent: grant.orphan === true ? undefined : grant.parent,
        renewable: !endless && (grant.renewable ?? true),
        createdMs,
        ttlSeconds,
        periodSeconds: grant.periodSeconds ?? 0,
        explicitMaxSeconds: grant.explicitMaxSeconds ?? 0,
        maxSeconds,
        expiresMs: endless ? Infinity : createdMs + ttlSeconds * 1000,
        renewedMs: undefined,
        usesLeft: grant.uses ?? 0,
      };
      tokens.set(token.id, token);
      return token;
    },
    find(id) {
      const token = tokens.get(id);
      if (token === undefined || clock.now() < token.expiresMs) return token;
      revoke(id);
      return undefined;
    },
    all: () => [...tokens.values()].filter((token) => clock.now() < token.expiresMs),
    spend(token) {
      if (token.usesLeft === 0) return;
      if (token.usesLeft === 1) revoke(token.id);
      else tokens.set(token.id, { ...token, usesLeft: token.usesLeft - 1 });
    },
    renew(token, seconds) {
      const renewedMs = clock.now();
      const askedMs = renewedMs + (seconds ?? token.ttlSeconds) * 1000;
      const limitMs =
        token.periodSeconds > 0 ? renewedMs + token.periodSeconds * 1000 : token.createdMs + token.maxSeconds * 1000;
      const renewed = { ...token, renewedMs, expiresMs: Math.min(askedMs, limitMs) };
      tokens.set(token.id, renewed);
      return renewed;
    },
    revoke,
    revokeWhere(matches) {
      for (const token of tokens.values()) if (matches(token)) revoke(token.id);
    },
  };
}
