import { createHash } from "node:crypto";
import { Attribute, Change, type Client, Control } from "ldapts";
import { ldapEngine } from "../../shared/engines/ldap/ldap-engine.ts";
import { dualPassword } from "../../shared/rotation/strategies/dual-password.ts";
import { singleUser } from "../../shared/rotation/strategies/single-user.ts";
import type {
  Account,
  AccountProperty,
  EngineFixture,
  EngineServer,
} from "../../shared/testing/engine-contract/fixture.ts";
import { type LdapUnderTest, people, replacing, rotator, ssha, startLdap, suffix } from "./ldap.ts";

const others = ["of-another-service", "of-a-third-service"] as const;
const othersValues = new Map(others.map((password) => [ssha(password), password]));
/** What a password's change entails. */
const followsFromChange = new Set([
  "userpassword",
  "pwdchangedtime",
  "modifytimestamp",
  "entrycsn",
  "modifiersname",
  "pwdfailuretime",
]);
/** Lets the directory's root write what only the server writes. */
const relax = new Control("1.3.6.1.4.1.4203.666.5.12", { critical: true });

/** Source: RFC 4514, 2.4. */
const escaped = (name: string): string =>
  name.replaceAll(/[\\"+,;<>=#]/gu, (character) => `\\${character}`).replaceAll(/^ | $/gu, "\\20");
const nameOf = (dn: string): string => dn.slice(0, -`,${people}`.length);
const dnOf = (name: string): string => `cn=${escaped(name)},${people}`;

const adding = (type: string, values: readonly string[]): Change =>
  new Change({ operation: "add", modification: new Attribute({ type, values: [...values] }) });

async function passwordsOf({ admin }: LdapUnderTest, dn: string): Promise<readonly string[]> {
  const { searchEntries } = await admin(async (client) =>
    client.search(dn, { scope: "base", attributes: ["userPassword"] }),
  );
  return [searchEntries[0]?.["userPassword"] ?? []].flat().map(String);
}

/** A policy of its own for one user, which forbids what the server's default does not. */
export async function givePolicy(
  { admin }: LdapUnderTest,
  dn: string,
  rules: Readonly<Record<string, string>>,
): Promise<void> {
  const policy = `cn=${createHash("sha256").update(dn).digest("hex").slice(0, 16)},${suffix}`;
  await admin(async (client) => {
    const [, cn = ""] = /^cn=([^,]+)/.exec(policy) ?? [];
    await client.add(policy, { objectClass: ["device", "pwdPolicy"], cn, pwdAttribute: "userPassword", ...rules });
    await client.modify(dn, replacing("pwdPolicySubentry", [policy]));
  });
}

/** The account's own password in another form, as other tools store it. */
const storedAs = (
  ldap: LdapUnderTest,
  passwords: ReadonlyMap<string, string>,
  form: (password: string) => string,
): AccountProperty => ({
  give: async (dn) =>
    ldap.admin(async (client) => client.modify(dn, replacing("userPassword", [form(passwords.get(dn) ?? "")]))),
});

const hashed = (scheme: string, algorithm: string, salt: string) => (password: string) =>
  `{${scheme}}${Buffer.concat([createHash(algorithm).update(password).update(salt).digest(), Buffer.from(salt)]).toString("base64")}`;

function propertiesOf(
  ldap: LdapUnderTest,
  passwords: ReadonlyMap<string, string>,
): Readonly<Record<string, AccountProperty>> {
  const add = (type: string, ...values: readonly string[]): AccountProperty => ({
    give: async (dn) => ldap.admin(async (client) => client.modify(dn, adding(type, values))),
  });
  const policy = (rules: Readonly<Record<string, string>>): AccountProperty => ({
    give: async (dn) => givePolicy(ldap, dn, rules),
  });
  return {
    "no property": { give: async () => undefined },
    description: add("description", "of the orders service", "second"),
    "object class": add("objectClass", "extensibleObject"),
    "see also": add("seeAlso", `cn=other,${suffix}`),
    "passwords of others": {
      async give(dn) {
        // With its overlay of policies, slapd takes one at a time.
        for (const value of othersValues.keys()) await add("userPassword", value).give(dn);
      },
    },
    "clear text": storedAs(ldap, passwords, (password) => password),
    SSHA512: storedAs(ldap, passwords, hashed("SSHA512", "sha512", "salt-of-eight")),
    "MD5 without salt": storedAs(ldap, passwords, hashed("MD5", "md5", "")),
    "a policy without rules": policy({}),
    "password policy": { ...policy({ pwdSafeModify: "TRUE" }), refusedBy: ["dual-password"] },
    "a policy with history": policy({ pwdInHistory: "5", pwdCheckQuality: "1" }),
  };
}

async function describe(ldap: LdapUnderTest, dn: string): Promise<readonly string[]> {
  const { searchEntries } = await ldap.admin(async (client) =>
    client.search(dn, { scope: "base", attributes: ["*", "+"] }),
  );
  const lines = Object.entries(searchEntries[0] ?? {})
    .filter(([name]) => !followsFromChange.has(name.toLowerCase()) && !/^(?:dn|\*|\+|pwdHistory)$/.test(name))
    .map(([name, values]) => `${name}: ${JSON.stringify(values)}`);
  const theirs = (await passwordsOf(ldap, dn)).flatMap((value) => othersValues.get(value) ?? []);
  return [...lines, `passwords of others: ${theirs.join(", ")}`].sort();
}

export async function ldapServerOf(ldap: LdapUnderTest): Promise<EngineServer> {
  const { host, port, admin } = ldap;
  const passwords = new Map<string, string>();
  let rulesOfNext: Readonly<Record<string, string>> | undefined;
  return {
    host,
    port,
    fields: { engine: "ldap", ssl: false },
    admin: rotator,
    usernameOf: dnOf,
    async createUser({ username, password }) {
      passwords.set(username, password);
      await admin(async (client) =>
        client.add(username, {
          objectClass: ["organizationalRole", "simpleSecurityObject"],
          userPassword: ssha(password),
        }),
      );
      if (rulesOfNext !== undefined) await givePolicy(ldap, username, rulesOfNext);
      rulesOfNext = undefined;
      return {};
    },
    async changePassword({ username, password }) {
      await admin(async (client) => client.modify(username, replacing("userPassword", [ssha(password)])));
    },
    accepts: async ({ username, password }: Account) => ldap.accepts(username, password),
    logs: async () => `${ldap.log()}${ldap.stored()}`,
    failedLogins: async () => ldap.log().match(/RESULT tag=97 err=(?!0 )/g)?.length ?? 0,
    hardships: {
      async expired(dn) {
        await givePolicy(ldap, dn, { pwdMaxAge: "60" });
        const set = async (time: string) =>
          admin(async (client: Client) => client.modify(dn, replacing("pwdChangedTime", [time]), relax));
        await set("20200101000000Z");
        return {
          [Symbol.asyncDispose]: async () => set(new Date().toISOString().replaceAll(/[-:T]|\.\d+/g, "")),
        };
      },
      async "read-only"() {
        await ldap.setReadOnly(true);
        return { [Symbol.asyncDispose]: async () => ldap.setReadOnly(false) };
      },
    },
    accountProperties: propertiesOf(ldap, passwords),
    describeAccount: async (dn) => (await describe(ldap, dn)).map((line) => line.replaceAll(nameOf(dn), "<user>")),
    async lockOutAfter(refusals) {
      rulesOfNext = { pwdLockout: "TRUE", pwdMaxFailure: String(refusals) };
    },
    stop: ldap.stop,
  };
}

const engine = ldapEngine();

export const ldapFixture = (binary: string): EngineFixture => ({
  name: "OpenLDAP 2.5.13",
  engine,
  strategies: { "single-user": singleUser(engine), "dual-password": dualPassword(engine) },
  variants: [
    { strategy: "single-user", usesAdmin: false },
    { strategy: "dual-password", usesAdmin: false },
    { strategy: "dual-password", usesAdmin: true },
  ],
  exemptions: [
    { clause: "locked", reason: "a directory has no locks that last" },
    { clause: "busy", reason: "slapd queues what it has no thread for" },
    { clause: "unknown-database", reason: "a login to a directory names no database: the user's name leads to it" },
    {
      clause: "clear-password-asked",
      reason: "a simple bind is the password; it goes to a verified certificate, or where the secret says ssl: false",
    },
    {
      clause: "tls-not-verified",
      reason:
        "a directory is handed the password in clear, so a certificate that is not verified is refused: ssl: require",
    },
  ],
  start: async (certificate) => ldapServerOf(await startLdap(binary, certificate)),
});
