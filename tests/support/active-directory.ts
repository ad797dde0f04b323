import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { connect } from "node:tls";
import { Attribute, Change, Client, InvalidCredentialsError } from "ldapts";
import { createAuthority } from "../../shared/testing/engine-contract/certificates.ts";
import type { ServerCertificate } from "../../shared/testing/engine-contract/fixture.ts";
import { listening } from "./listening.ts";
import { outsideProgram } from "./outside-program.ts";
import { startServer } from "./server-process.ts";

/** A domain that `tests/support/samba/provision` has made. Samba takes the ports of LDAP, so it runs as root. */
export const sambaDomain: string | undefined = outsideProgram(
  "REKEY_SAMBA_DOMAIN",
  "tests/support/samba/provision, with Debian's samba-ad-dc",
);

export const domain = "DC=rekey,DC=test";
export const people = `CN=Users,${domain}`;
const root = { username: "Administrator@rekey.test", password: "Root-of-the-tests-1" };

/** A real domain controller that a test may do to what it likes. */
export interface DirectoryUnderTest {
  readonly host: string;
  /** Of LDAPS. */
  readonly port: number;
  /** Of LDAP, with StartTLS. */
  readonly plainPort: number;
  /** On 127.0.0.1, of a tunnel to LDAPS: who speaks LDAP with it needs no TLS, without which the server sets no password. */
  readonly tunnelPort: number;
  /** Verifies the server. */
  readonly ca: string;
  /** Does something as the domain's administrator. */
  admin<Result>(work: (client: Client) => Promise<Result>): Promise<Result>;
  /** Whether the server lets this user in. */
  accepts(username: string, password: string): Promise<boolean>;
  log(): string;
  stop(): Promise<void>;
}

const settings = (home: string, host: string, rules: string): string => `
[global]
netbios name = DC
realm = REKEY.TEST
workgroup = REKEY
server role = active directory domain controller
server services = ldap
interfaces = ${host}/8
bind interfaces only = yes
private dir = ${home}/private
state directory = ${home}/state
cache directory = ${home}
lock directory = ${home}
pid directory = ${home}
ncalrpc dir = ${home}/ncalrpc
binddns dir = ${home}/bind-dns
log level = 1 auth_audit:3
ldb:nosync = yes
tls certfile = ${home}/tls.crt
tls keyfile = ${home}/tls.key
tls cafile = ${home}/ca.crt
${rules}
`;

export const change = (
  operation: "add" | "delete" | "replace",
  type: string,
  ...values: readonly (Buffer | string)[]
): Change =>
  new Change({
    operation,
    modification: new Attribute({
      type,
      values: values as string[],
    }),
  });

export const passwordOf = (text: string): Buffer => Buffer.from(`"${text}"`, "utf16le");

/** `rules`: further lines of its configuration. */
export async function startActiveDirectory(
  provisioned: string,
  { tls, rules = "" }: { readonly tls?: ServerCertificate | undefined; readonly rules?: string } = {},
): Promise<DirectoryUnderTest> {
  const authority = createAuthority("the domain's own");
  const ca = tls?.certificate ?? authority.certificate;
  let host = "";
  const as = async <Result>(
    { username, password }: typeof root,
    work: (client: Client) => Promise<Result>,
  ): Promise<Result> => {
    // Clauses of the contract have the server show certificates that nobody should take.
    const client = new Client({ url: `ldaps://${host}`, strictDN: false, tlsOptions: { rejectUnauthorized: false } });
    try {
      await client.bind(username, password);
      return await work(client);
    } finally {
      await client.unbind();
    }
  };
  const server = await startServer({
    name: "samba",
    // Samba ends with its standard input.
    binary: "/bin/sh",
    prepare(port, home) {
      // The ports are fixed, so each server has an address of its own.
      host = `127.77.${port >> 8}.${port & 255}`;
      const { certificate, key } = tls ?? authority.issue({ addresses: ["127.0.0.1", host] });
      cpSync(provisioned, home, { recursive: true });
      mkdirSync(join(home, "ncalrpc"), { recursive: true });
      writeFileSync(join(home, "smb.conf"), settings(home, host, rules));
      writeFileSync(join(home, "tls.crt"), certificate);
      writeFileSync(join(home, "ca.crt"), ca);
      writeFileSync(join(home, "tls.key"), key, { mode: 0o600 });
      const flags = ["-s", join(home, "smb.conf"), "--foreground", "--model=single", "--debug-stdout"];
      return ["-c", 'exec "$0" "$@" </dev/null', "/usr/sbin/samba", ...flags];
    },
    isReady: async () =>
      as(root, async () => true).catch((error: unknown) => {
        if (/ECONNREFUSED|disconnected before secure/.test(String(error))) return false;
        throw error;
      }),
  });
  const tunnel = await listening(
    createServer((client) => {
      const upstream = connect({ host, port: 636, rejectUnauthorized: false });
      client.setNoDelay(true).pipe(upstream).pipe(client);
      client.on("error", () => upstream.destroy()).on("close", () => upstream.destroy());
      upstream.on("error", () => client.destroy()).on("close", () => client.destroy());
    }),
  );
  return {
    host,
    port: 636,
    plainPort: 389,
    tunnelPort: tunnel.port,
    ca,
    admin: async (work) => as(root, work),
    async accepts(username, password) {
      try {
        return await as({ username, password }, async () => true);
      } catch (error) {
        if (error instanceof InvalidCredentialsError) return false;
        throw error;
      }
    },
    log: server.output,
    async stop() {
      await tunnel.stop();
      await server.stop();
    },
  };
}
