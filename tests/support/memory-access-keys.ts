import { randomBytes } from "node:crypto";
import { RekeyError } from "../../shared/errors/rekey-error.ts";
import type { AccessKeys, KeyUse } from "../../shared/ports/access-keys.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";

interface Key {
  readonly id: string;
  readonly user: string;
  readonly secret: string;
  readonly createdAt: Date;
  isActive: boolean;
  use?: KeyUse;
  /** So many requests that it signs are refused before everyone knows it. */
  hiddenFor: number;
}

/** Users with at most two access keys each, in memory, as IAM and STS keep them. */
export interface MemoryAccessKeys extends AccessKeys {
  /** Adds a user, or a key to one, as a human does. */
  give(user: string): Key;
  readonly all: ReadonlyMap<string, Key>;
  readonly tags: ReadonlyMap<string, ReadonlyMap<string, string>>;
  hideNewKeysFor(requests: number): void;
  /** Signs a request with the key, as a service does. Whether it was taken. */
  use(id: string, secret: string, service?: string): boolean;
}

export function memoryAccessKeys(nowMs: () => number): MemoryAccessKeys {
  const all = new Map<string, Key>();
  const tags = new Map<string, Map<string, string>>();
  let hidden = 0;
  const keysOf = (user: string): Key[] => [...all.values()].filter((key) => key.user === user);
  const arnOf = (user: string): string => `arn:aws:iam::123456789012:user/rekey/${user}`;
  function give(user: string, hiddenFor = 0): Key {
    const id = `AKIA${randomBytes(8).toString("hex").toUpperCase()}`;
    const secret = `canary-${randomBytes(12).toString("hex")}`;
    const createdAt = new Date(Math.floor(nowMs() / 1000) * 1000);
    const key: Key = { id, user, secret, createdAt, isActive: true, hiddenFor };
    all.set(id, key);
    if (!tags.has(user)) tags.set(user, new Map());
    return key;
  }
  function sign(id: string, secret: string, service: string): "taken" | "unknown" | "wrong" {
    const key = all.get(id);
    if (key === undefined || !key.isActive) return "unknown";
    if (key.hiddenFor > 0) {
      key.hiddenFor -= 1;
      return "unknown";
    }
    if (key.secret !== secret) return "wrong";
    key.use = { at: new Date(nowMs()), service };
    return "taken";
  }
  return {
    give: (user) => give(user),
    all,
    tags,
    hideNewKeysFor(requests) {
      hidden = requests;
    },
    use: (id, secret, service = "s3") => sign(id, secret, service) === "taken",
    async owner(user) {
      const held = tags.get(user);
      return held === undefined ? undefined : { arn: arnOf(user), tags: new Map(held) };
    },
    list: async (user) => keysOf(user).map(({ id, isActive, createdAt }) => ({ id, isActive, createdAt })),
    lastUse: async (id) => all.get(id)?.use,
    async create(user) {
      if (keysOf(user).length >= 2) throw new RekeyError("database-busy", { context: { user } });
      const { id, secret } = give(user, hidden);
      return { username: id, password: new SecretValue(secret) };
    },
    async deactivate(_user, id) {
      const key = all.get(id);
      if (key !== undefined) key.isActive = false;
    },
    async remove(_user, id) {
      all.delete(id);
    },
    async tag(user, more) {
      for (const [name, value] of Object.entries(more)) tags.get(user)?.set(name, value);
    },
    async identity({ username, password }) {
      const answer = sign(username, password.reveal(), "sts");
      return answer === "taken" ? { arn: arnOf(all.get(username)?.user ?? "") } : answer;
    },
  };
}
