import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Attribute, Change, Client, InvalidCredentialsError, InvalidDNSyntaxError } from "ldapts";
import type { ServerCertificate } from "../../shared/testing/engine-contract/fixture.ts";
import { freePort } from "./free-port.ts";
import { outsideProgram } from "./outside-program.ts";
import { startServer } from "./server-process.ts";

export const slapd: string | undefined = outsideProgram("REKEY_SLAPD", "Debian: slapd", "/usr/sbin/slapd");

export const suffix = "dc=rekey";
export const people = `ou=people,${suffix}`;
export const rotator = { username: `cn=rotator,${suffix}`, password: "rotator-of-the-tests" };

/** The descriptions of users that have fewer rights to their own password than others. */
export const mayOnlyRead = "may-only-read";
export const mayNotRead = "may-not-read";

const host = "127.0.0.1";
const root = { username: `cn=root,${suffix}`, password: "root-of-the-tests" };
const configuration = "olcDatabase={1}mdb,cn=config";

/** A real OpenLDAP that a test may do to what it likes. */
export interface LdapUnderTest {
  readonly host: string;
  /** Of LDAPS where the server has a certificate, else of LDAP without TLS. */
  readonly port: number;
  /** Of LDAP, with StartTLS where the server has a certificate. */
  readonly plainPort: number;
  /** Does something as the directory's root. */
  admin<Result>(work: (client: Client) => Promise<Result>): Promise<Result>;
  /** Whether the server lets this user in. */
  accepts(dn: string, password: string): Promise<boolean>;
  /** Makes the whole directory read-only, or not any more. */
  setReadOnly(isReadOnly: boolean): Promise<void>;
  log(): string;
  /** The files of the directory, as text: a password that the server stores in clear can be found there. */
  stored(): string;
  stop(): Promise<void>;
}

const settings = (home: string, tls: boolean): string => `
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload ppolicy
moduleload pw-sha2
pidfile ${home}/slapd.pid
argsfile ${home}/slapd.args
${tls ? `TLSCertificateFile ${home}/tls.crt\nTLSCertificateKeyFile ${home}/tls.key\nTLSCACertificateFile ${home}/tls.crt` : ""}
database config
rootdn "cn=config"
rootpw ${root.password}
database mdb
maxsize 67108864
suffix "${suffix}"
rootdn "${root.username}"
rootpw ${root.password}
directory ${home}/db
dbnosync
access to filter=(description=${mayOnlyRead}) attrs=userPassword by self read by dn.exact="${rotator.username}" write by anonymous auth by * none
access to filter=(description=${mayNotRead}) attrs=userPassword by self =xw by dn.exact="${rotator.username}" write by anonymous auth by * none
access to attrs=userPassword by self write by dn.exact="${rotator.username}" write by anonymous auth by * none
access to * by self read by dn.exact="${rotator.username}" read by * none
overlay ppolicy
ppolicy_use_lockout
`;

export const ssha = (password: string): string => {
  const salt = randomBytes(8);
  return `{SSHA}${Buffer.concat([createHash("sha1").update(password).update(salt).digest(), salt]).toString("base64")}`;
};

export const replacing = (type: string, values: readonly string[]): Change =>
  new Change({ operation: "replace", modification: new Attribute({ type, values: [...values] }) });

async function makeTree(client: Client): Promise<void> {
  await client.add(suffix, { objectClass: ["domain"], dc: "rekey" });
  await client.add(people, { objectClass: ["organizationalUnit"], ou: "people" });
  await client.add(rotator.username, {
    objectClass: ["organizationalRole", "simpleSecurityObject"],
    cn: "rotator",
    userPassword: ssha(rotator.password),
  });
}

async function as<Result>(
  port: number,
  { username, password }: typeof root,
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  const client = new Client({ url: `ldap://${host}:${port}`, strictDN: false });
  try {
    await client.bind(username, password);
    return await work(client);
  } finally {
    await client.unbind();
  }
}

export async function startLdap(binary: string, tls?: ServerCertificate): Promise<LdapUnderTest> {
  const tlsPort = await freePort();
  const server = await startServer({
    name: "slapd",
    binary,
    prepare(port, home) {
      mkdirSync(join(home, "db"), { recursive: true });
      writeFileSync(join(home, "slapd.conf"), settings(home, tls !== undefined));
      writeFileSync(join(home, "tls.crt"), tls?.certificate ?? "");
      writeFileSync(join(home, "tls.key"), tls?.key ?? "");
      const urls = [`ldap://${host}:${port}`, ...(tls === undefined ? [] : [`ldaps://${host}:${tlsPort}`])];
      return ["-f", join(home, "slapd.conf"), "-h", urls.join(" "), "-d", "stats"];
    },
    isReady: async (port) =>
      as(port, root, async () => true).catch((error: unknown) => {
        if (error instanceof Error && error.message.includes("ECONNREFUSED")) return false;
        throw error;
      }),
  });
  const admin = async <Result>(work: (client: Client) => Promise<Result>): Promise<Result> =>
    as(server.port, root, work);
  await admin(makeTree);

  return {
    host,
    port: tls === undefined ? server.port : tlsPort,
    plainPort: server.port,
    admin,
    async accepts(username, password) {
      try {
        return await as(server.port, { username, password }, async () => true);
      } catch (error) {
        if (error instanceof InvalidCredentialsError || error instanceof InvalidDNSyntaxError) return false;
        throw error;
      }
    },
    async setReadOnly(isReadOnly) {
      await as(server.port, { username: "cn=config", password: root.password }, async (client) =>
        client.modify(configuration, replacing("olcReadOnly", [isReadOnly ? "TRUE" : "FALSE"])),
      );
    },
    log: server.output,
    stored: () => readFileSync(join(server.home, "db", "data.mdb"), "latin1"),
    stop: server.stop,
  };
}
