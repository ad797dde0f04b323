import { generateKeyPairSync } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Members, membersOf } from "../../shared/answers/members.ts";
import { exchange, type HttpAnswer } from "../../shared/http/exchange.ts";
import { freePort } from "./free-port.ts";
import { outsideProgram } from "./outside-program.ts";
import { type ServerProcess, startServer } from "./server-process.ts";

const apiServer = outsideProgram("REKEY_KUBE_APISERVER", ".ci/install-kube-apiserver");
const etcd = outsideProgram("REKEY_ETCD", "Debian's etcd-server", "/usr/bin/etcd");
/** Both programs; there is no kubelet and no controller, so nothing is rolled out. */
export const kubernetesPrograms = apiServer === undefined || etcd === undefined ? undefined : { apiServer, etcd };

type Request = readonly [method: string, path: string, body?: object, type?: string];

/** A real API server with RBAC, that a test may do to what it likes. */
export interface KubernetesUnderTest {
  readonly server: string;
  readonly ca: string;
  /** Of a member of the group `rekey-refresh`, who has no rights until they are given. */
  readonly token: string;
  /** As a cluster's administrator; any status but 200 to 299 is an error. */
  admin(...request: Request): Promise<Members>;
  /** With rekey's token, as it is answered. */
  ask(...request: Request): Promise<HttpAnswer>;
  /** Creates objects as they stand. */
  create(...objects: readonly object[]): Promise<void>;
  stop(): Promise<void>;
}

/** Where an object of this kind is created. */
function collectionOf(object: object): string {
  const { apiVersion, kind, metadata } = object as {
    readonly apiVersion: string;
    readonly kind: string;
    readonly metadata: { readonly namespace?: string };
  };
  const root = apiVersion === "v1" ? "/api/v1" : `/apis/${apiVersion}`;
  const within = metadata.namespace === undefined ? "" : `/namespaces/${metadata.namespace}`;
  const plural = `${kind.toLowerCase()}s`.replace(/ys$/, "ies");
  return `${root}${within}/${plural}`;
}

const tokens = { admin: "admin-of-the-tests", rekey: "canary-bearer-token" };

const startEtcd = async (binary: string): Promise<ServerProcess> => {
  const peerPort = await freePort();
  return startServer({
    name: "etcd",
    binary,
    prepare: (port, home) => [
      "--data-dir",
      join(home, "data"),
      "--listen-peer-urls",
      `http://127.0.0.1:${peerPort}`,
      "--listen-client-urls",
      `http://127.0.0.1:${port}`,
      "--advertise-client-urls",
      `http://127.0.0.1:${port}`,
    ],
    isReady: async (port) => {
      const answer = await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined);
      return answer?.ok === true;
    },
  });
};

function argumentsOf(port: number, home: string, etcdPort: number): readonly string[] {
  const [key, file] = [join(home, "sa.key"), join(home, "tokens.csv")];
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  writeFileSync(key, privateKey.export({ type: "pkcs1", format: "pem" }));
  writeFileSync(file, `${tokens.admin},admin,1,"system:masters"\n${tokens.rekey},rekey,2,"rekey-refresh"\n`);
  return [
    `--etcd-servers=http://127.0.0.1:${etcdPort}`,
    "--bind-address=127.0.0.1",
    "--advertise-address=127.0.0.1",
    `--secure-port=${port}`,
    `--cert-dir=${join(home, "certs")}`,
    "--authorization-mode=RBAC",
    "--service-account-issuer=https://kubernetes.default",
    `--service-account-signing-key-file=${key}`,
    `--service-account-key-file=${key}`,
    `--token-auth-file=${file}`,
    "--service-cluster-ip-range=10.0.0.0/24",
    "--disable-admission-plugins=ServiceAccount",
  ];
}

export async function startKubernetes(programs: NonNullable<typeof kubernetesPrograms>): Promise<KubernetesUnderTest> {
  const store = await startEtcd(programs.etcd);
  let home = "";
  const caNow = (): string => readFileSync(join(home, "certs/apiserver.crt"), "utf8");
  const at = async (port: number, token: string, ...[method, path, body, type]: Request): Promise<HttpAnswer> =>
    exchange(`https://127.0.0.1:${port}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(type !== undefined && { "content-type": type }) },
      json: body,
      timeoutMs: 20_000,
      maxAnswerBytes: 10_000_000,
      ca: caNow(),
    });
  const server = await startServer({
    name: "kube-apiserver",
    binary: programs.apiServer,
    prepare(port, folder) {
      home = folder;
      return argumentsOf(port, folder, store.port);
    },
    isReady: async (port) => {
      const answer = await Promise.resolve()
        .then(async () => at(port, tokens.admin, "GET", "/readyz"))
        .catch(() => undefined);
      return answer?.status === 200;
    },
  });
  const admin: KubernetesUnderTest["admin"] = async (...request) => {
    const answer = await at(server.port, tokens.admin, ...request);
    if (answer.status > 299) throw new Error(`${request[0]} ${request[1]}: ${JSON.stringify(answer.body)}`);
    return membersOf(answer.body);
  };
  return {
    server: `https://127.0.0.1:${server.port}`,
    ca: caNow(),
    token: tokens.rekey,
    admin,
    ask: async (...request) => at(server.port, tokens.rekey, ...request),
    async create(...objects) {
      for (const object of objects) await admin("POST", collectionOf(object), object);
    },
    async stop() {
      await server.stop();
      await store.stop();
    },
  };
}
