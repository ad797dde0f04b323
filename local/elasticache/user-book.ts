import { createHash } from "node:crypto";
import type { Members } from "../../shared/answers/members.ts";
import type { Clock } from "../clock.ts";

export type Authentication = "password" | "no-password" | "iam";

/** What a service keeps of a user; of a password its hash alone, as the server does. */
export interface KeptUser {
  readonly id: string;
  readonly username: string;
  readonly accessString: string;
  readonly authentication: Authentication;
  readonly hashes: readonly string[];
  readonly status: "active" | "modifying" | "deleting";
}

/** Where the users log in. */
export interface UserServer {
  /** Makes the user exactly this one. */
  put(user: KeptUser): Promise<void>;
  remove(username: string): Promise<void>;
}

/** How a user logs in, as both services tell it. */
export const authenticationOf = ({ authentication, hashes }: KeptUser): Members => ({
  Type: authentication,
  PasswordCount: authentication === "password" ? hashes.length : undefined,
});

/** How a service says that something is wrong with a request. */
export interface UserFaults {
  absent(id: string): Error;
  exists(id: string): Error;
  /** A change of the user is in progress. */
  state(id: string): Error;
  value(message: string): Error;
  combination(message: string): Error;
}

export interface UserBook {
  create(user: Omit<KeptUser, "hashes" | "status">, passwords: readonly string[]): Promise<KeptUser>;
  /** All of them without an id. */
  find(id: string | undefined): readonly KeptUser[];
  modify(
    id: string,
    change: {
      readonly accessString?: string;
      readonly passwords?: readonly string[];
      readonly authentication?: Authentication;
    },
  ): KeptUser;
  remove(id: string): KeptUser;
}

const hashOf = (password: string): string => createHash("sha256").update(password, "utf8").digest("hex");

/**
 * The users of one cache service. A change is accepted at once and takes effect on the server when its time is over; until
 * then the status is `modifying`, and another change is refused.
 */
export function createUserBook(place: {
  readonly clock: Clock;
  readonly faults: UserFaults;
  readonly server?: UserServer | undefined;
  readonly modifyingMs: number;
}): UserBook {
  const { clock, faults, server, modifyingMs } = place;
  const users = new Map<string, KeptUser>();

  const existing = (id: string): KeptUser => {
    const user = users.get(id);
    if (user === undefined) throw faults.absent(id);
    return user;
  };
  const changeable = (id: string): KeptUser => {
    const user = existing(id);
    if (user.status === "active") return user;
    throw faults.state(id);
  };
  const later = (task: () => Promise<void>): void => void clock.at(clock.now() + modifyingMs, task);

  function hashesOf(authentication: Authentication, passwords: readonly string[]): readonly string[] {
    if (authentication !== "password") {
      if (passwords.length > 0)
        throw faults.combination(`Password field is not allowed with authentication type: ${authentication}`);
      return [];
    }
    if (passwords.length < 1 || passwords.length > 2)
      throw faults.combination("A user with Authentication Mode: password, must have one or two passwords");
    if (new Set(passwords).size < passwords.length) throw faults.value("Passwords must be different.");
    if (!passwords.every((password) => /^[\x21-\x7e]{16,128}$/u.test(password)))
      throw faults.value("Passwords length must be between 16-128 characters.");
    return passwords.map(hashOf);
  }

  return {
    async create(asked, passwords) {
      if (users.has(asked.id)) throw faults.exists(asked.id);
      const user: KeptUser = { ...asked, hashes: hashesOf(asked.authentication, passwords), status: "active" };
      await server?.put(user);
      users.set(user.id, user);
      return user;
    },
    find: (id) => (id === undefined ? [...users.values()] : [existing(id)]),
    modify(id, { accessString, passwords, authentication }) {
      const user = changeable(id);
      const kind = authentication ?? (passwords === undefined ? user.authentication : "password");
      const isSame = passwords === undefined && authentication === undefined;
      const next: KeptUser = {
        ...user,
        accessString: accessString ?? user.accessString,
        authentication: kind,
        hashes: isSame ? user.hashes : hashesOf(kind, passwords ?? []),
        status: "modifying",
      };
      users.set(id, next);
      later(async () => {
        await server?.put(next);
        users.set(id, { ...next, status: "active" });
      });
      return next;
    },
    remove(id) {
      const user: KeptUser = { ...changeable(id), status: "deleting" };
      users.set(id, user);
      later(async () => {
        await server?.remove(user.username);
        users.delete(id);
      });
      return user;
    },
  };
}
