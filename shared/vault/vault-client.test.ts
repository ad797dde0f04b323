import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SecretValue } from "../secrets/secret-value.ts";
import { vaultClient } from "./vault-client.ts";

let server: Server;
let endpoint: string;
let answer: readonly [status: number, body: string];
const seen: { readonly url: string; readonly headers: IncomingHttpHeaders }[] = [];

beforeEach(async () => {
  seen.length = 0;
  server = createServer((request, response) => {
    seen.push({ url: `${request.method} ${request.url}`, headers: request.headers });
    response.writeHead(answer[0]).end(answer[1]);
  });
  server.listen(0, "127.0.0.1");
  await vi.waitUntil(() => server.listening, { timeout: 60_000 });
  const address = server.address();
  endpoint = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
});
afterEach(() => {
  vi.unstubAllEnvs();
  server.close();
  server.closeAllConnections();
});

const client = (namespace?: string): ReturnType<typeof vaultClient> =>
  vaultClient({ endpoint, namespace, ca: undefined, timeoutMs: 5_000 });

test("what node-vault would take from the environment does not count", async () => {
  answer = [200, "{}"];
  for (const name of ["VAULT_TOKEN", "VAULT_NAMESPACE", "VAULT_PREFIX"]) vi.stubEnv(name, "/from-environment");
  vi.stubEnv("VAULT_ADDR", "http://127.0.0.1:1");
  await client()({ verb: "read", path: "secret/data/a" });
  expect(seen).toEqual([
    { url: "GET /v1/secret/data/a", headers: expect.not.objectContaining({ "x-vault-token": expect.anything() }) },
  ]);
  expect(seen[0]?.headers["x-vault-namespace"]).toBeUndefined();
});

test("token, namespace and the request header are sent", async () => {
  answer = [200, "{}"];
  await client("team/")({ verb: "write", path: "a/b", body: {}, token: new SecretValue("t-1") });
  expect(seen[0]).toMatchObject({
    url: "POST /v1/a/b",
    headers: { "x-vault-token": "t-1", "x-vault-namespace": "team/", "x-vault-request": "true" },
  });
});

test.each<[number, string, unknown]>([
  [200, '{"data":1}', { status: 200, body: { data: 1 } }],
  [204, "", { status: 200, body: undefined }],
  [201, "{}", { status: 201, body: {} }],
  [307, "", { status: 307, body: undefined }],
  [404, '{"errors":[]}', { status: 404, body: { errors: [] } }],
  [503, "<html>", { status: 503, body: undefined }],
])("status %i is an answer and no error", async (status, body, expected) => {
  answer = [status, body];
  expect(await client()({ verb: "read", path: "x" })).toEqual(expected);
});
