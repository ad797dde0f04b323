import { X509Certificate } from "node:crypto";
import { chownSync, cpSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { createServer } from "node:tls";
import bcrypt from "bcryptjs";
import { createAuthority } from "../../shared/testing/engine-contract/certificates.ts";
import type { Account, ServerCertificate } from "../../shared/testing/engine-contract/fixture.ts";
import { freePort } from "./free-port.ts";
import { type LoopbackServer, listening } from "./listening.ts";
import { outsideProgram } from "./outside-program.ts";
import { startServer } from "./server-process.ts";

/** What `.ci/install-opensearch` writes. */
export const opensearchServer: string | undefined = outsideProgram(
  "REKEY_OPENSEARCH",
  "Maven, by .ci/install-opensearch",
);

/** A real OpenSearch that a test may do to what it likes; its administrator is `root`. */
export interface OpensearchUnderTest {
  readonly host: string;
  /** It speaks TLS alone where the server has a certificate. */
  readonly port: number;
  /** Asks the security plugin's API as root. Errors: for any status of 400 and above but 404. */
  admin(method: string, path: string, json?: unknown): Promise<unknown>;
  /** Whether the server lets this user in. */
  accepts(account: Account): Promise<boolean>;
  log(): string;
  stop(): Promise<void>;
}

const host = "127.0.0.1";
const root: Account = { username: "root", password: "root-of-the-tests" };

/** A hash that costs the server next to nothing, for users that the tests make. */
export const quickHash = (password: string): string => bcrypt.hashSync(password, 4);

const settings = (home: string, ports: { http: number; transport: number }, hasTls: boolean): string => `
cluster.name: rekey
node.name: node
network.host: ${host}
http.port: ${ports.http}
transport.port: ${ports.transport}
discovery.type: single-node
path.data: ${home}/data
path.logs: ${home}
bootstrap.system_call_filter: false
cluster.routing.allocation.disk.threshold_enabled: false
plugins.security.allow_default_init_securityindex: true
plugins.security.restapi.roles_enabled: [all_access]
plugins.security.nodes_dn: ["CN=database"]
plugins.security.ssl.transport.pemcert_filepath: node.crt
plugins.security.ssl.transport.pemkey_filepath: node.key
plugins.security.ssl.transport.pemtrustedcas_filepath: node.ca
plugins.security.ssl.transport.enforce_hostname_verification: false
plugins.security.ssl.http.enabled: ${hasTls}
${
  hasTls
    ? `plugins.security.ssl.http.pemcert_filepath: http.crt
plugins.security.ssl.http.pemkey_filepath: http.key
plugins.security.ssl.http.pemtrustedcas_filepath: node.ca`
    : ""
}
`;

const logging = `
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d] [%p] [%c{1.}] %m%n
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
`;

const meta = (type: string): string => `_meta: { type: ${type}, config_version: 2 }\n`;

function writeSettings(
  binary: string,
  home: string,
  ports: { http: number; transport: number },
  tls?: ServerCertificate,
) {
  const security = join(home, "opensearch-security");
  cpSync(join(dirname(binary), "plugins/opensearch-security/config"), security, { recursive: true });
  const authority = createAuthority("transport");
  const node = authority.issue({ addresses: [host] });
  const files = {
    "opensearch.yml": settings(home, ports, tls !== undefined),
    "log4j2.properties": logging,
    "node.crt": node.certificate,
    "node.key": node.key,
    "node.ca": authority.certificate,
    "http.crt": tls?.certificate ?? "",
    "http.key": tls?.key ?? "",
    "opensearch-security/internal_users.yml": `${meta("internalusers")}root: { hash: "${quickHash(root.password)}", backend_roles: [admin] }\n`,
    "opensearch-security/roles_mapping.yml": `${meta("rolesmapping")}all_access: { backend_roles: [admin] }\n`,
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(home, name), content);
}

const hasExpired = ({ certificate }: ServerCertificate): boolean =>
  Date.parse(new X509Certificate(certificate).validTo) < Date.now();

/** TLS in front of a server without. */
const loadBalancer = async (port: number, { certificate, key }: ServerCertificate): Promise<LoopbackServer> =>
  listening(
    createServer({ cert: certificate, key }, (socket) => {
      const behind = connect(port, host);
      for (const one of [socket, behind]) one.on("error", () => [socket, behind].forEach((end) => end.destroy()));
      socket.pipe(behind).pipe(socket);
    }),
  );

export async function startOpensearch(binary: string, shown?: ServerCertificate): Promise<OpensearchUnderTest> {
  // OpenSearch does not start with a certificate that has expired, so a load balancer shows that one.
  const balanced = shown !== undefined && hasExpired(shown) ? shown : undefined;
  const tls = balanced === undefined ? shown : undefined;
  const transport = await freePort();
  const ask = async (port: number, { username, password }: Account, method: string, path: string, json?: unknown) => {
    const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
    const headers = { authorization, "content-type": "application/json" };
    const options = { host, port, method, path: `/_plugins/_security/${path}`, headers, agent: false };
    return new Promise<{ status: number; body: string }>((resolve, reject) => {
      const take = (answer: IncomingMessage): void =>
        void text(answer).then((body) => resolve({ status: answer.statusCode ?? 0, body }), reject);
      const sent =
        tls === undefined ? requestHttp(options, take) : requestHttps({ ...options, rejectUnauthorized: false }, take);
      sent.on("error", reject).end(json === undefined ? undefined : JSON.stringify(json));
    });
  };
  const env: Record<string, string> = { PATH: "/usr/bin:/bin" };
  // OpenSearch does not run as root.
  const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : undefined;
  const server = await startServer({
    name: "opensearch",
    binary,
    env,
    user,
    prepare(http, home) {
      env["OPENSEARCH_PATH_CONF"] = home;
      mkdirSync(join(home, "data"), { recursive: true });
      writeSettings(binary, home, { http, transport }, tls);
      if (user === undefined) return [];
      for (const name of readdirSync(home, { recursive: true, encoding: "utf8" })) {
        chownSync(join(home, name), user.uid, user.gid);
      }
      return [];
    },
    isReady: async (port) =>
      ask(port, root, "GET", "authinfo").then(
        ({ status }) => status === 200,
        () => false,
      ),
  });

  const balancer = balanced === undefined ? undefined : await loadBalancer(server.port, balanced);
  return {
    host,
    port: balancer?.port ?? server.port,
    async admin(method, path, json) {
      const { status, body } = await ask(server.port, root, method, `api/${path}`, json);
      if (status >= 400 && status !== 404)
        throw new Error(`OpenSearch answered ${status} to ${method} ${path}: ${body}`);
      return status === 404 ? undefined : (JSON.parse(body) as unknown);
    },
    async accepts(account) {
      const { status } = await ask(server.port, account, "GET", "authinfo");
      if (status !== 200 && status !== 401) throw new Error(`OpenSearch answered ${status} to a login`);
      return status === 200;
    },
    log: server.output,
    async stop() {
      await balancer?.stop();
      await server.stop();
    },
  };
}
