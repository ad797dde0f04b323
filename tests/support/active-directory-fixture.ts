import { randomUUID } from "node:crypto";
import { EqualityFilter } from "ldapts";
import { activeDirectoryEngine } from "../../shared/engines/active-directory/active-directory-engine.ts";
import { alternatingUsers } from "../../shared/rotation/strategies/alternating-users.ts";
import { singleUser } from "../../shared/rotation/strategies/single-user.ts";
import type { AccountProperty, EngineFixture, EngineServer } from "../../shared/testing/engine-contract/fixture.ts";
import {
  change,
  type DirectoryUnderTest,
  domain,
  passwordOf,
  people,
  startActiveDirectory,
} from "./active-directory.ts";

const rotator = { username: String.raw`REKEY\rotator`, password: "Rotator-of-the-tests-1" };
/** What every user has otherwise, what follows from logins and changes, and rekey's mark. */
const ofEachItsOwn =
  /^(?:\*|dn|cn|name|distinguishedname|samaccountname|objectguid|objectsid|admindescription|when.*|usn.*|pwdlastset|last.*|logoncount|bad.*|lockouttime)$/i;
const ordinary = 0x200;
const doesNotExpire = 0x1_0000;
const notDelegated = 0x10_0000;
/** A date, as the directory counts time. */
const countedOf = (date: Date): string => String((BigInt(date.getTime()) + 11_644_473_600_000n) * 10_000n);
const never = "0";

const nameOf = (username: string): string => username.slice(username.indexOf("\\") + 1);

async function entryOf({ admin }: DirectoryUnderTest, username: string) {
  const filter = new EqualityFilter({ attribute: "sAMAccountName", value: nameOf(username) });
  const { searchEntries } = await admin(async (client) =>
    client.search(people, { scope: "sub", filter, attributes: ["*"] }),
  );
  const [entry] = searchEntries;
  if (entry === undefined) throw new Error(`no user ${username}`);
  return entry;
}

async function makeGroup({ admin }: DirectoryUnderTest, member: string): Promise<string> {
  const cn = `group ${randomUUID()}`;
  const dn = `CN=${cn},${people}`;
  await admin(async (client) => client.add(dn, { objectClass: "group", sAMAccountName: cn, member }));
  return dn;
}

/** A policy in addition to the domain's, for a user as a member of a group. */
async function givePolicy(directory: DirectoryUnderTest, dn: string, lockoutThreshold: number): Promise<void> {
  const days = (count: number): string => String(-864_000_000_000 * count);
  const group = await makeGroup(directory, dn);
  await directory.admin(async (client) =>
    client.add(`CN=${randomUUID()},CN=Password Settings Container,CN=System,${domain}`, {
      objectClass: "msDS-PasswordSettings",
      "msDS-PasswordSettingsPrecedence": "1",
      "msDS-PasswordReversibleEncryptionEnabled": "FALSE",
      "msDS-PasswordHistoryLength": "0",
      "msDS-PasswordComplexityEnabled": "FALSE",
      "msDS-MinimumPasswordLength": "0",
      "msDS-MinimumPasswordAge": "0",
      "msDS-MaximumPasswordAge": days(90),
      "msDS-LockoutThreshold": String(lockoutThreshold),
      "msDS-LockoutObservationWindow": days(1),
      "msDS-LockoutDuration": days(1),
      "msDS-PSOAppliesTo": group,
    }),
  );
}

function propertiesOf(directory: DirectoryUnderTest): Readonly<Record<string, AccountProperty>> {
  const modify = async (
    username: string,
    attribute: string,
    ...values: readonly (Buffer | string)[]
  ): Promise<void> => {
    const { dn } = await entryOf(directory, username);
    await directory.admin(async (client) => client.modify(dn, change("replace", attribute, ...values)));
  };
  const set = (attribute: string, ...values: readonly (Buffer | string)[]): AccountProperty => ({
    give: async (username) => modify(username, attribute, ...values),
  });
  const group = async (username: string): Promise<string> =>
    makeGroup(directory, (await entryOf(directory, username)).dn);
  return {
    "no property": { give: async () => undefined },
    groups: {
      async give(username) {
        await group(username);
        await group(username);
      },
    },
    "primary group": {
      async give(username) {
        const dn = await group(username);
        const { searchEntries } = await directory.admin(async (client) =>
          client.search(dn, { scope: "base", attributes: ["primaryGroupToken"] }),
        );
        await modify(username, "primaryGroupID", String(searchEntries[0]?.["primaryGroupToken"]));
      },
    },
    "a password that never expires, no delegation": set(
      "userAccountControl",
      String(ordinary | doesNotExpire | notDelegated),
    ),
    "an end of the account": set("accountExpires", countedOf(new Date(Date.now() + 86_400_000))),
    "hours of logins": set("logonHours", Buffer.alloc(21, 0xff)),
    workstations: set("userWorkstations", "DC,WEB1"),
    description: set("description", "of the orders service; ½ & „ö“"),
    "encryption types": set("msDS-SupportedEncryptionTypes", "24"),
    serviceprincipalname: {
      give: async (username) => modify(username, "servicePrincipalName", `HTTP/${randomUUID()}`),
      refusedBy: ["alternating-users"],
    },
  };
}

/** `isTunnelled`: reached without TLS, through the tunnel. */
async function activeDirectoryServerOf(directory: DirectoryUnderTest, isTunnelled: boolean): Promise<EngineServer> {
  const { admin } = directory;
  let refusalsOfNext: number | undefined;
  const create = async (username: string, password: string): Promise<string> => {
    const dn = `CN=${randomUUID()},${people}`;
    await admin(async (client) =>
      client.add(dn, {
        objectClass: "user",
        sAMAccountName: nameOf(username),
        userAccountControl: String(ordinary),
        unicodePwd: passwordOf(password) as unknown as string,
      }),
    );
    return dn;
  };
  await admin(async (client) =>
    client.modify(domain, [
      change("replace", "minPwdAge", "0"),
      change("replace", "minPwdLength", "0"),
      change("replace", "pwdProperties", "0"),
    ]),
  );
  const rotatorDn = await create(rotator.username, rotator.password);
  await admin(async (client) =>
    client.modify(`CN=Account Operators,CN=Builtin,${domain}`, change("add", "member", rotatorDn)),
  );
  return {
    host: isTunnelled ? "127.0.0.1" : directory.host,
    port: isTunnelled ? directory.tunnelPort : directory.port,
    fields: { engine: "active-directory", ssl: false },
    admin: rotator,
    usernameOf: (name) => `REKEY\\${name}`,
    async createUser({ username, password }) {
      const dn = await create(username, password);
      if (refusalsOfNext !== undefined) await givePolicy(directory, dn, refusalsOfNext);
      refusalsOfNext = undefined;
      return {};
    },
    async changePassword({ username, password }) {
      const { dn } = await entryOf(directory, username);
      await admin(async (client) => client.modify(dn, change("replace", "unicodePwd", passwordOf(password))));
    },
    accepts: async ({ username, password }) => directory.accepts(username, password),
    logs: async () => directory.log(),
    failedLogins: async () => directory.log().match(/^Auth: .* status \[(?!NT_STATUS_OK\])/gm)?.length ?? 0,
    hardships: {
      async expired(username) {
        const { dn } = await entryOf(directory, username);
        const set = async (time: string): Promise<void> =>
          admin(async (client) => client.modify(dn, change("replace", "accountExpires", time)));
        await set(countedOf(new Date(Date.now() - 60_000)));
        return { [Symbol.asyncDispose]: async () => set(never) };
      },
    },
    accountProperties: propertiesOf(directory),
    async describeAccount(username) {
      return Object.entries(await entryOf(directory, username))
        .filter(([name]) => !ofEachItsOwn.test(name))
        .map(([name, values]) => `${name}: ${JSON.stringify([values].flat().map(String).toSorted())}`)
        .toSorted();
    },
    async lockOutAfter(refusals) {
      refusalsOfNext = refusals;
    },
    stop: directory.stop,
  };
}

const engine = activeDirectoryEngine();

/** Longer ones are no names of entries, which the second user of a pair gets from its account. */
const maxNameBytes = 64;

export const activeDirectoryFixture = (provisioned: string): EngineFixture => ({
  name: "Samba 4.17",
  engine: { ...engine, maxUsernameBytes: maxNameBytes },
  strategies: { "single-user": singleUser(engine), "alternating-users": alternatingUsers(engine) },
  variants: [
    { strategy: "single-user", usesAdmin: false },
    { strategy: "single-user", usesAdmin: true },
    { strategy: "alternating-users", usesAdmin: true },
  ],
  exemptions: [
    { clause: "locked", reason: "a directory has no locks that last" },
    { clause: "busy", reason: "a domain controller queues what it has no thread for" },
    {
      clause: "read-only",
      reason: "Samba is not made read-only; the rogue server leads elsewhere as a read-only one does",
    },
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
  // What no account's name may hold, and what makes another form of name of it.
  notInNames: /["/\\[\]:;|=,+*?<>@]/g,
  start: async (tls) =>
    // Samba, as Windows does, takes the password before the current one for an hour: tests of the engine's own have that.
    activeDirectoryServerOf(
      await startActiveDirectory(provisioned, { tls, rules: "old password allowed period = 0" }),
      tls === undefined,
    ),
});
