import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import {
  change,
  type DirectoryUnderTest,
  passwordOf,
  people,
  sambaDomain,
  startActiveDirectory,
} from "../../../tests/support/active-directory.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Credential, DatabaseTarget } from "../../ports/database-engine.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import { activeDirectoryEngine, type ActiveDirectorySession } from "./active-directory-engine.ts";

export const call: CallOptions = { signal: new AbortController().signal };
export const engine = activeDirectoryEngine();
/** Takes every password of the domain's policy, which wants three kinds of characters. */
export const [zero, one, two] = ["Zero-of-the-9-tests", "One-of-the-9-tests", "Two-of-the-9-tests"] as const;
export const root = { username: "Administrator@rekey.test", password: new SecretValue("Root-of-the-tests-1") };

export const credential = (username: string, password: string): Credential => ({
  username,
  password: new SecretValue(password),
});

export const targetOf = (host: string, port: number, more: Partial<DatabaseTarget> = {}): DatabaseTarget => ({
  engine: "active-directory",
  host,
  port,
  dbname: "",
  tls: { mode: "verify-full" },
  options: new Map(),
  ...more,
});

/** A user of the domain, by each form of its name. */
export interface TestUser {
  readonly dn: string;
  readonly account: string;
  readonly ofDomain: string;
  readonly principal: string;
}

/** A real domain with users of the tests' own. */
export interface TestDomain {
  readonly directory: DirectoryUnderTest;
  readonly target: DatabaseTarget;
  /** Makes a user with the password `zero` and these attributes. */
  user(attributes?: Readonly<Record<string, string>>): Promise<TestUser>;
  set(dn: string, attribute: string, ...values: readonly (Buffer | string)[]): Promise<void>;
  valuesOf(dn: string, attribute: string): Promise<readonly string[]>;
  /** Which of these passwords the server takes. */
  taken(username: string, ...passwords: readonly string[]): Promise<readonly boolean[]>;
  open(who: Credential, at?: DatabaseTarget): Promise<ActiveDirectorySession>;
  /** As somebody does by hand. */
  reset(dn: string, password: string): Promise<void>;
}

export async function startDomain(): Promise<TestDomain> {
  const directory = await startActiveDirectory(sambaDomain ?? "");
  const target = targetOf(directory.host, directory.port, { tls: { mode: "verify-full", ca: directory.ca } });
  const set: TestDomain["set"] = async (dn, attribute, ...values) =>
    directory.admin(async (client) => client.modify(dn, change("replace", attribute, ...values)));
  return {
    directory,
    target,
    async user(attributes = {}) {
      const account = `u${randomUUID().slice(0, 8)}`;
      const dn = `CN=${account},${people}`;
      await directory.admin(async (client) =>
        client.add(dn, {
          objectClass: "user",
          sAMAccountName: account,
          userAccountControl: "512",
          unicodePwd: passwordOf(zero) as unknown as string,
          ...attributes,
        }),
      );
      return { dn, account, ofDomain: `REKEY\\${account}`, principal: `${account}@rekey.test` };
    },
    set,
    async valuesOf(dn, attribute) {
      const { searchEntries } = await directory.admin(async (client) =>
        client.search(dn, { scope: "base", attributes: [attribute] }),
      );
      return [searchEntries[0]?.[attribute] ?? []].flat().map(String);
    },
    taken: async (username, ...passwords) => {
      const taken: boolean[] = [];
      for (const password of passwords) taken.push(await directory.accepts(username, password));
      return taken;
    },
    async open(who, at = target) {
      const login = await engine.login(at, who, call);
      return login.ok ? login.session : expect.fail(`refused: ${login.refusal}`);
    },
    reset: async (dn, password) => set(dn, "unicodePwd", passwordOf(password)),
  };
}
