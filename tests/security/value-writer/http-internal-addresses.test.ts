import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { grantedOrigins } from "../../../shared/engines/connecting/granted-origins.ts";
import { httpApiKeyEngine } from "../../../shared/engines/http-api-key/http-api-key-engine.ts";
import type { DatabaseTarget } from "../../../shared/ports/database-engine.ts";
import { SecretValue } from "../../../shared/secrets/secret-value.ts";
import { type KeyServer, startKeyServer } from "../../support/key-server.ts";
import { certificate, key } from "../../support/loopback-certificate.ts";

const current = { username: "own", password: new SecretValue("canary-key-5b2e") };
const call = { signal: new AbortController().signal };

/** Stands for whatever listens inside the function's network. */
let internal: KeyServer;
let plain: KeyServer;
beforeAll(async () => {
  [internal, plain] = await Promise.all([startKeyServer({ key, certificate }), startKeyServer()]);
});
beforeEach(() => {
  for (const server of [internal, plain]) server.give("own", "canary-key-5b2e");
});
afterAll(async () => Promise.all([internal.stop(), plain.stop()]));

const targetOf = (host: string, port: number, tls: DatabaseTarget["tls"]): DatabaseTarget => ({
  engine: "http-api-key",
  host,
  port,
  dbname: "",
  tls,
  options: new Map(),
});
/** The secret brings its own authority, and says that the name does not count. */
const ownTls = { mode: "verify-ca", ca: certificate } as const;
const refused = {
  code: "option-invalid",
  context: { option: "REKEY_HTTP_API_ORIGINS" },
  hint: expect.stringContaining("HttpApiOrigins"),
};
const loginAt = async (target: DatabaseTarget, origins: readonly string[] = []): Promise<unknown> =>
  httpApiKeyEngine(grantedOrigins(origins))
    .login(target, current, call)
    .catch((error: unknown) => error);

test.each(["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "[::ffff:127.0.0.1]", "0.0.0.0"])(
  "a secret whose host is %s does not reach what listens on this machine, whatever authority the secret brings",
  async (host) => {
    expect(await loginAt(targetOf(host, internal.port, ownTls))).toMatchObject(refused);
    expect(internal.requests).toEqual([]);
  },
);

test.each([
  "169.254.169.254",
  "[fd00:ec2::254]",
  "[fe80::1]",
  "10.0.0.1",
  "172.16.0.1",
  "192.168.1.1",
  "100.64.0.1",
  "[fc00::1]",
  "224.0.0.1",
  "[64:ff9b::a00:1]",
  "[2002:a00:1::]",
])("a secret whose host is %s is refused before a connection is tried", async (host) => {
  expect(await loginAt(targetOf(host, 443, { mode: "verify-full" }))).toMatchObject(refused);
});

test.each(["127.0.0.1", "localhost", "api.example.com"])(
  "a secret that says ssl: false does not send its key to %s by plain http",
  async (host) => {
    expect(await loginAt(targetOf(host, plain.port, { mode: "disable" }))).toMatchObject(refused);
    expect(plain.requests).toEqual([]);
  },
);

test("a grant of one port is none of its neighbor", async () => {
  const origins = [`https://127.0.0.1:${internal.port}`];
  expect(await loginAt(targetOf("127.0.0.1", internal.port, ownTls), origins)).toMatchObject({ ok: true });
  const before = plain.requests.length;
  expect(await loginAt(targetOf("127.0.0.1", plain.port, { mode: "disable" }), origins)).toMatchObject(refused);
  expect(plain.requests).toHaveLength(before);
});

test.each([
  "https://api.example.com/path",
  "api.example.com",
  "ftp://api.example.com",
  "https://user@api.example.com",
  "*",
])("a function with the grant %s, which would match nothing or too much, does not start", async (origin) => {
  const handler = fileURLToPath(new URL("../../../functions/rotate-http-api-key/handler.ts", import.meta.url));
  const script = `await import(${JSON.stringify(handler)}).then(() => console.log("started"), (error) => console.log(error.code, error.context.option))`;
  const env = {
    PATH: process.env["PATH"] ?? "",
    AWS_REGION: "eu-west-1",
    REKEY_HTTP_API_ORIGINS: `https://ok.example.com,${origin}`,
  };
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], { env });
  expect(stdout.trim()).toBe("option-invalid REKEY_HTTP_API_ORIGINS");
});
