import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Server as TcpServer } from "node:net";
import { inspect } from "node:util";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { certificate, key } from "../../tests/support/loopback-certificate.ts";
import { type TransportRequest, vaultTransport } from "./vault-transport.ts";

const canary = "canary-4be0";
const seen: { readonly method: string; readonly url: string; readonly body: string; readonly headers: object }[] = [];
const servers: Server[] = [];

async function serve(create: (listener: RequestListener) => Server, respond: RequestListener): Promise<string> {
  const server = create((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      seen.push({ method: request.method ?? "", url: request.url ?? "", body, headers: request.headers });
      respond(request, response);
    });
  });
  return listen(server);
}

async function listen(server: TcpServer & Server): Promise<string> {
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await vi.waitUntil(() => server.listening, { timeout: 60_000 });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return `127.0.0.1:${address.port}`;
}

beforeEach(() => {
  seen.length = 0;
});
afterEach(() => {
  vi.unstubAllEnvs();
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

const write = (uri: string): TransportRequest => ({
  uri,
  method: "POST",
  headers: { "X-Vault-Token": canary },
  json: { data: { password: canary } },
});

async function failure(work: Promise<unknown>): Promise<unknown> {
  const error: unknown = await work.catch((reason: unknown) => reason);
  expect(`${inspect(error, { depth: 9, showHidden: true })} ${JSON.stringify(error)}`).not.toContain(canary);
  return error;
}

test("a request carries method, path, headers and JSON, and its answer status and JSON", async () => {
  const host = await serve(createServer, (_, response) => response.writeHead(418).end('{"errors":["é"]}'));
  const answer = await vaultTransport({ timeoutMs: 5_000 })(write(`http://${host}/v1/secret/data/a?b=c`));
  expect(answer).toEqual({ statusCode: 418, body: { errors: ["é"] }, request: { path: "/v1/secret/data/a" } });
  expect(seen).toEqual([
    {
      method: "POST",
      url: "/v1/secret/data/a?b=c",
      body: JSON.stringify({ data: { password: canary } }),
      headers: expect.objectContaining({ "x-vault-token": canary, "content-type": "application/json" }),
    },
  ]);
});

test.each([301, 302, 303, 307, 308])(
  "a redirect of status %i is an answer, and the other host sees nothing",
  async (status) => {
    const other = await serve(createServer, (_, response) => response.end("{}"));
    const host = await serve(createServer, (_, response) => {
      response.writeHead(status, { location: `http://${other}/v1/x` }).end();
    });
    const answer = await vaultTransport({ timeoutMs: 5_000 })(write(`http://${host}/v1/x`));
    expect(answer).toMatchObject({ statusCode: status, body: undefined });
    expect(seen).toHaveLength(1);
  },
);

test("an answer that is not JSON has no body", async () => {
  const host = await serve(createServer, (_, response) => response.end("<html>"));
  expect(await vaultTransport({ timeoutMs: 5_000 })(write(`http://${host}/`))).toMatchObject({ body: undefined });
});

test("an answer without end is cut off and server-misbehaved", async () => {
  let ended = false;
  const host = await serve(createServer, (_, response) => {
    response.once("close", () => (ended = true));
    const more = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536, "x")));
      response.once("drain", more);
    };
    more();
  });
  const error = await failure(vaultTransport({ timeoutMs: 20_000 })(write(`http://${host}/`)));
  expect(error).toMatchObject({ code: "server-misbehaved", context: { reason: expect.stringContaining("more than") } });
  await vi.waitUntil(() => ended, { timeout: 60_000 });
});

test("an answer that stops in its middle ends with the time-out", async () => {
  const host = await serve(createServer, (_, response) => void response.write("{"));
  const error = await failure(vaultTransport({ timeoutMs: 50 })(write(`http://${host}/`)));
  expect(error).toMatchObject({ code: "mirror-unavailable", context: { reason: "timeout", timeoutMs: 50 } });
});

test("a signal that ends in the middle of the answer is time-budget-spent", async () => {
  const budget = new AbortController();
  const host = await serve(createServer, (_, response) => {
    response.write("{", () => budget.abort());
  });
  const request = { ...write(`http://${host}/`), signal: budget.signal };
  expect(await failure(vaultTransport({ timeoutMs: 20_000 })(request))).toMatchObject({ code: "time-budget-spent" });
});

test("a port where nothing listens is mirror-unavailable, by the code alone", async () => {
  const host = await serve(createServer, (_, response) => response.end());
  const server = servers.pop();
  await new Promise((resolve) => server?.close(resolve));
  const error = await failure(vaultTransport({ timeoutMs: 5_000 })(write(`http://${host}/`)));
  expect(error).toMatchObject({ code: "mirror-unavailable", context: { reason: "ECONNREFUSED", vault: host } });
});

const tls = (listener: RequestListener): Server => createTlsServer({ key, cert: certificate }, listener);

test("a certificate that the given root signed is trusted", async () => {
  const host = await serve(tls, (_, response) => response.end("{}"));
  const transport = vaultTransport({ timeoutMs: 5_000, ca: certificate });
  expect(await transport(write(`https://${host}/`))).toMatchObject({ statusCode: 200 });
});

test.each([{}, { VAULT_SKIP_VERIFY: "1" }, { NODE_TLS_REJECT_UNAUTHORIZED: "0" }])(
  "a certificate that nobody vouches for is tls-refused before anything is sent, with %j too",
  async (environment) => {
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    const host = await serve(tls, (_, response) => response.end("{}"));
    const error = await failure(vaultTransport({ timeoutMs: 5_000 })(write(`https://${host}/`)));
    expect(error).toMatchObject({ code: "tls-refused", disposition: "abort" });
    expect(seen).toEqual([]);
  },
);

test("a certificate for another name is tls-refused", async () => {
  const host = await serve(tls, (_, response) => response.end("{}"));
  const uri = `https://localhost:${host.split(":")[1]}/`;
  const error = await failure(vaultTransport({ timeoutMs: 5_000, ca: certificate })(write(uri)));
  expect(error).toMatchObject({ code: "tls-refused", context: { reason: "ERR_TLS_CERT_ALTNAME_INVALID" } });
});

test("a server that speaks no TLS is tls-refused", async () => {
  const host = await serve(createServer, (_, response) => response.end("{}"));
  const error = await failure(vaultTransport({ timeoutMs: 5_000 })(write(`https://${host}/`)));
  expect(error).toMatchObject({ code: "tls-refused" });
});
