import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import amqp from "amqplib";
import type { ServerCertificate } from "../../shared/testing/engine-contract/fixture.ts";
import { freePort } from "./free-port.ts";
import { outsideProgram } from "./outside-program.ts";
import { startServer } from "./server-process.ts";
import { rawRequest } from "./vault-http.ts";

/** RabbitMQ's own script; Debian's on the path changes to another user first. */
export const rabbitmqServer: string | undefined = outsideProgram(
  "REKEY_RABBITMQ_SERVER",
  "Debian: rabbitmq-server",
  "/usr/lib/rabbitmq/bin/rabbitmq-server",
);

/** A real RabbitMQ that a test may do to what it likes; its administrator is `root`. */
export interface RabbitmqUnderTest {
  readonly host: string;
  /** Of the management API; it speaks TLS alone where the server has a certificate. */
  readonly port: number;
  readonly amqpPort: number;
  readonly root: { readonly username: string; readonly password: string };
  /** Asks the management API as root. Errors: for any status of 400 and above but 404. */
  admin(method: string, path: string, json?: object): Promise<unknown>;
  /** Whether the server lets this user in by AMQP. */
  accepts(username: string, password: string): Promise<boolean>;
  log(): string;
  stop(): Promise<void>;
}

const host = "127.0.0.1";
const root = { username: "root", password: "root-of-the-tests" };
const authorization = `Basic ${Buffer.from(`${root.username}:${root.password}`).toString("base64")}`;

const settings = (home: string, ports: { amqp: number; plain: number; tls: number | undefined }): string => `
listeners.tcp.1 = ${host}:${ports.amqp}
management.tcp.port = ${ports.plain}
management.tcp.ip = ${host}
${
  ports.tls === undefined
    ? ""
    : `management.ssl.port = ${ports.tls}
management.ssl.ip = ${host}
management.ssl.certfile = ${home}/tls.crt
management.ssl.keyfile = ${home}/tls.key
management.ssl.cacertfile = ${home}/tls.crt`
}
default_user = ${root.username}
default_pass = ${root.password}
loopback_users = none
`;

export async function startRabbitmq(binary: string, tls?: ServerCertificate): Promise<RabbitmqUnderTest> {
  const [amqpPort, tlsPort, epmdPort, nodePort] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  const ask = async (port: number, method: string, path: string, body?: object) =>
    rawRequest(`http://${host}:${port}`, {
      method,
      path: `/api/${path}`,
      headers: { authorization, "content-type": "application/json" },
      body,
    });
  const env: Record<string, string> = {
    // The binary is a shell script, and a bare machine's tests have nothing but Node on their path.
    PATH: "/usr/bin:/bin",
    // The script becomes the server in place of waiting for it.
    RUNNING_UNDER_SYSTEMD: "true",
    RABBITMQ_LOGS: "-",
    ERL_EPMD_PORT: String(epmdPort),
    ERL_EPMD_ADDRESS: host,
    RABBITMQ_DIST_PORT: String(nodePort),
    RABBITMQ_NODENAME: `rekey-${epmdPort}@localhost`,
  };
  const server = await startServer({
    name: "rabbitmq",
    binary,
    env,
    prepare(port, home) {
      const tlsPorts = { amqp: amqpPort, plain: port, tls: tls === undefined ? undefined : tlsPort };
      writeFileSync(join(home, "rabbitmq.conf"), settings(home, tlsPorts));
      writeFileSync(join(home, "plugins"), "[rabbitmq_management].");
      writeFileSync(join(home, "tls.crt"), tls?.certificate ?? "");
      writeFileSync(join(home, "tls.key"), tls?.key ?? "");
      Object.assign(env, {
        RABBITMQ_CONFIG_FILE: join(home, "rabbitmq.conf"),
        RABBITMQ_ENABLED_PLUGINS_FILE: join(home, "plugins"),
        RABBITMQ_MNESIA_BASE: join(home, "mnesia"),
        RABBITMQ_FEATURE_FLAGS_FILE: join(home, "feature-flags"),
      });
      return [];
    },
    isReady: async (port) =>
      ask(port, "GET", "whoami").then(
        ({ status }) => status === 200,
        () => false,
      ),
  });

  return {
    host,
    port: tls === undefined ? server.port : tlsPort,
    amqpPort,
    root,
    async admin(method, path, json) {
      const { status, body } = await ask(server.port, method, path, json);
      if (status >= 400 && status !== 404) throw new Error(`RabbitMQ answered ${status} to ${method} ${path}`);
      return status === 404 ? undefined : body;
    },
    async accepts(username, password) {
      try {
        const connection = await amqp.connect({ hostname: host, port: amqpPort, username, password, vhost: "/" });
        await connection.close();
        return true;
      } catch (error) {
        // The virtual host is asked for behind the login.
        if (String(error).includes("Expected ConnectionOpenOk")) return true;
        if (String(error).includes("ACCESS_REFUSED")) return false;
        throw error;
      }
    },
    log: server.output,
    async stop() {
      await server.stop();
      execFileSync("epmd", ["-port", String(epmdPort), "-kill"], { env });
    },
  };
}
