import { Attribute, Change } from "ldapts";
import { expect } from "vitest";
import { type LdapUnderTest, people, replacing, slapd, ssha, startLdap, suffix } from "../../../tests/support/ldap.ts";
import { certificate, key } from "../../../tests/support/loopback-certificate.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Credential, DatabaseTarget } from "../../ports/database-engine.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import { ldapEngine, type LdapSession } from "./ldap-engine.ts";

export const call: CallOptions = { signal: new AbortController().signal };
export const engine = ldapEngine();

export const credential = (username: string, password: string): Credential => ({
  username,
  password: new SecretValue(password),
});

export const targetOf = (port: number, more: Partial<DatabaseTarget> = {}): DatabaseTarget => ({
  engine: "ldap",
  host: "127.0.0.1",
  port,
  dbname: "",
  tls: { mode: "disable" },
  options: new Map(),
  ...more,
});

/** A real OpenLDAP with users of the tests' own. */
export interface TestDirectory {
  readonly ldap: LdapUnderTest;
  /** Without TLS. */
  readonly target: DatabaseTarget;
  /** Makes a user with these values; returns its name. */
  user(...values: readonly string[]): Promise<string>;
  /** Gives a user a password policy of its own. */
  policy(dn: string, rules: Readonly<Record<string, string>>): Promise<void>;
  valuesOf(dn: string): Promise<readonly string[]>;
  /** Which of these passwords the server takes. */
  taken(dn: string, ...passwords: readonly string[]): Promise<readonly boolean[]>;
  /** Logs in by the engine; without TLS, unless told where. */
  open(who: Credential, at?: DatabaseTarget): Promise<LdapSession>;
}

export async function startDirectory(): Promise<TestDirectory> {
  const ldap = await startLdap(slapd ?? "", { certificate, key });
  const target = targetOf(ldap.plainPort);
  let made = 0;
  return {
    ldap,
    target,
    async user(first = ssha("zero"), ...more) {
      const dn = `cn=user${made++},${people}`;
      await ldap.admin(async (client) => {
        await client.add(dn, { objectClass: ["organizationalRole", "simpleSecurityObject"], userPassword: first });
        for (const value of more) {
          const modification = new Attribute({ type: "userPassword", values: [value] });
          await client.modify(dn, new Change({ operation: "add", modification }));
        }
      });
      return dn;
    },
    async policy(dn, rules) {
      const cn = `policy${made++}`;
      const name = `cn=${cn},${suffix}`;
      await ldap.admin(async (client) => {
        await client.add(name, { objectClass: ["device", "pwdPolicy"], cn, pwdAttribute: "userPassword", ...rules });
        await client.modify(dn, replacing("pwdPolicySubentry", [name]));
      });
    },
    async valuesOf(dn) {
      const { searchEntries } = await ldap.admin(async (client) =>
        client.search(dn, { scope: "base", attributes: ["userPassword"] }),
      );
      return [searchEntries[0]?.["userPassword"] ?? []].flat().map(String);
    },
    taken: async (dn, ...passwords) => Promise.all(passwords.map(async (password) => ldap.accepts(dn, password))),
    async open(who, at = target) {
      const login = await engine.login(at, who, call);
      return login.ok ? login.session : expect.fail(`refused: ${login.refusal}`);
    },
  };
}
