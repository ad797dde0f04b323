import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import { type Stack, startStack } from "../../../local/stack.ts";
import { type AgentProcess, shippedAgent, type ShippedAgent } from "../../support/agent-process.ts";
import { agentTokenText, ask } from "../../support/agent-stage.ts";
import { fieldCase, printFieldCases } from "../field-cases.ts";

const kind = "agent and sources";
const generous = { timeout: 60_000 };

printFieldCases();

let stack: Stack;
let shipped: ShippedAgent;
let agent: AgentProcess;
let arn = "";
beforeAll(async () => {
  stack = await startStack();
  const secrets = new SecretsManager(stack.clientConfig);
  for (const Name of ["prod/orders", "/rooted", "a+b@c=d_e.f-g"]) {
    const made = await secrets.createSecret({ Name, SecretString: `value of ${Name}` });
    if (Name === "prod/orders") arn = made.ARN ?? "";
  }
  secrets.destroy();
  shipped = await shippedAgent(stack);
  agent = await shipped.start(["--metrics", "127.0.0.1:0"]);
});
afterAll(async () => {
  await shipped[Symbol.asyncDispose]();
  await stack.stop();
});

/** What these bytes are answered with, until the agent closes the connection or nothing more comes. */
async function raw(bytes: string | Buffer, port = agent.port): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let text = "";
  socket.on("data", (chunk: Buffer) => (text += chunk.toString()));
  socket.on("error", () => undefined);
  await once(socket, "connect");
  socket.write(bytes);
  await Promise.race([once(socket, "close"), new Promise((done) => setTimeout(done, 1_000))]);
  socket.destroy();
  return text;
}

const token = `X-Aws-Parameters-Secrets-Token: ${agentTokenText}`;
const request = (line: string, ...headers: readonly string[]): string =>
  [line, ...headers, "Connection: close", "", ""].join("\r\n");
const local = "Host: localhost:2773";
/** Of the answer itself, not of `100 Continue` before it. */
const statusOf = (answer: string): number =>
  Number(/^(?:HTTP\/1\.1 100 .*\r\n\r\n)?HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1]);

test.each<[string, string, string]>([
  ["a slash too many before the path", "//secretsmanager/get?secretId=prod/orders", "prod/orders"],
  ["a slash at the path's end", "/secretsmanager/get/?secretId=prod/orders", "prod/orders"],
  ["slashes twice", "//secretsmanager//get?secretId=prod/orders", "prod/orders"],
  ["a slash too many before the prefix", "//v1/prod/orders", "prod/orders"],
  ["a name that begins with a slash", "/v1//rooted", "/rooted"],
  ["a name that begins with a slash, escaped", "/v1/%2Frooted", "/rooted"],
  ["a name with each sign that names may have", "/v1/a+b@c=d_e.f-g", "a+b@c=d_e.f-g"],
  ["those signs escaped", `/secretsmanager/get?secretId=${encodeURIComponent("a+b@c=d_e.f-g")}`, "a+b@c=d_e.f-g"],
  [
    "other parameters first",
    "/secretsmanager/get?refreshNow=0&versionStage=AWSCURRENT&secretId=prod%2forders",
    "prod/orders",
  ],
  ["an & at both ends", "/secretsmanager/get?&secretId=prod/orders&", "prod/orders"],
  ["an escaped parameter's name", "/secretsmanager/get?secret%49d=prod/orders", "prod/orders"],
  ["an absolute target, as to a proxy", "http://localhost:2773/v1/prod/orders", "prod/orders"],
  ["an absolute target in capitals", "HTTP://LOCALHOST:2773/secretsmanager/get?secretId=prod/orders", "prod/orders"],
])("%s names the secret", generous, async (_what, target, name) =>
  fieldCase(kind, async () => {
    const answer = await raw(request(`GET ${target} HTTP/1.1`, local, token));
    expect(answer).toContain(`"SecretString":"value of ${name}"`);
  })(),
);

test.each(["encoded", "lower", "plain"])(
  "an ARN that is %s in the path and in the query names the secret",
  generous,
  async (how) =>
    fieldCase(kind, async () => {
      const escaped = encodeURIComponent(arn);
      const text = { encoded: escaped, lower: escaped.replaceAll(/%../g, (one) => one.toLowerCase()), plain: arn }[how];
      for (const target of [`/v1/${text}`, `/secretsmanager/get?secretId=${text}`])
        expect(await raw(request(`GET ${target} HTTP/1.1`, local, token))).toContain("value of prod/orders");
    })(),
);

test.each<[string, number, string, readonly string[]]>([
  ["localhost without a port", 200, "GET /v1/prod/orders HTTP/1.1", ["Host: localhost", token]],
  ["localhost in capitals", 200, "GET /v1/prod/orders HTTP/1.1", ["HOST: LOCALHOST:80", token]],
  ["the full name's dot", 200, "GET /v1/prod/orders HTTP/1.1", ["Host: localhost.", token]],
  ["the dot and a port", 200, "GET /v1/prod/orders HTTP/1.1", ["Host: localhost.:2773", token]],
  ["an empty port", 200, "GET /v1/prod/orders HTTP/1.1", ["Host: localhost:", token]],
  ["IPv6", 200, "GET /v1/prod/orders HTTP/1.1", ["Host: [::1]", token]],
  ["IPv6 and a port", 200, "GET /v1/prod/orders HTTP/1.1", ["Host: [::1]:2773", token]],
  ["127.0.0.1", 200, "GET /v1/prod/orders HTTP/1.1", ["Host: 127.0.0.1", token]],
  ["HTTP 1.0 without a Host", 200, "GET /v1/prod/orders HTTP/1.0", [token]],
  ["HTTP 1.0 with one", 200, "GET /v1/prod/orders HTTP/1.0", [local, token]],
  ["HTTP 1.0 of somebody else's Host", 403, "GET /v1/prod/orders HTTP/1.0", ["Host: evil.example", token]],
  ["no Host in HTTP 1.1", 400, "GET /v1/prod/orders HTTP/1.1", [token]],
  ["an empty Host", 403, "GET /v1/prod/orders HTTP/1.1", ["Host:", token]],
  ["an absolute target of another host", 403, "GET http://evil.example/v1/prod/orders HTTP/1.1", [local, token]],
  ["a name with localhost in it", 403, "GET /v1/prod/orders HTTP/1.1", ["Host: localhost.evil.example", token]],
  ["the header's name in small letters", 200, "GET /v1/prod/orders HTTP/1.1", [local, token.toLowerCase()]],
  ["space around the token", 200, "GET /v1/prod/orders HTTP/1.1", [local, token.replace(": ", ":  \t ") + " \t"]],
  ["the token twice", 200, "GET /v1/prod/orders HTTP/1.1", [local, token, token]],
  [
    "the token in both headers",
    200,
    "GET /v1/prod/orders HTTP/1.1",
    [local, token, `X-Vault-Token: ${agentTokenText}`],
  ],
  [
    "somebody else's Vault token, and this one's",
    200,
    "GET /v1/prod/orders HTTP/1.1",
    [local, "X-Vault-Token: other", token],
  ],
  ["a wrong token", 403, "GET /v1/prod/orders HTTP/1.1", [local, `${token}x`]],
  ["an empty token", 403, "GET /v1/prod/orders HTTP/1.1", [local, "X-Vault-Token:"]],
  ["a proxy's X-Forwarded-For", 400, "GET /v1/prod/orders HTTP/1.1", [local, token, "X-Forwarded-For: 10.0.0.1"]],
  ["Content-Length: 0", 200, "GET /v1/prod/orders HTTP/1.1", [local, token, "Content-Length: 0"]],
  ["Expect: 100-continue", 200, "GET /v1/prod/orders HTTP/1.1", [local, token, "Expect: 100-continue"]],
  ["an expectation nobody knows", 417, "GET /v1/prod/orders HTTP/1.1", [local, token, "Expect: a-miracle"]],
  ["POST", 405, "POST /v1/prod/orders HTTP/1.1", [local, token, "Content-Length: 0"]],
])("a request with %s is answered with %i", generous, async (_what, status, line, headers) =>
  fieldCase(kind, async () => expect(statusOf(await raw(request(line, ...headers)))).toBe(status))(),
);

test.each<[string, number, string, string]>([
  ["a body of no chunk", 200, "Transfer-Encoding: chunked", "0\r\n\r\n"],
  ["a chunk", 413, "Transfer-Encoding: chunked", "1\r\nx\r\n0\r\n\r\n"],
  ["a body", 413, "Content-Length: 1", "x"],
  ["a body that is announced and expected", 413, "Content-Length: 1\r\nExpect: 100-continue", "x"],
  ["two lengths of one body", 400, "Content-Length: 1\r\nTransfer-Encoding: chunked", "1\r\nx\r\n0\r\n\r\n"],
])("%s is answered with %i", generous, async (_what, status, header, body) =>
  fieldCase(kind, async () => {
    const answer = await raw(`GET /v1/prod/orders HTTP/1.1\r\n${local}\r\n${token}\r\n${header}\r\n\r\n${body}`);
    expect(statusOf(answer)).toBe(status);
  })(),
);

test(
  "requests that a client sends one behind the other are answered in their order, on one connection",
  generous,
  fieldCase(kind, async () => {
    const one = (path: string): string => `GET ${path} HTTP/1.1\r\n${local}\r\n${token}\r\n\r\n`;
    const answer = await raw(["/ping", "/v1/prod/orders", "/v1//rooted", "/ping"].map(one).join(""));
    expect(answer.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(4);
    expect(answer.indexOf("value of /rooted")).toBeGreaterThan(answer.indexOf("value of prod/orders"));
  }),
);

test.each<[string, string, string, number, string]>([
  [
    "of a load balancer",
    "GET /ping HTTP/1.1",
    "Host: 127.0.0.1:2773\r\nUser-Agent: ELB-HealthChecker/2.0",
    200,
    "healthy",
  ],
  [
    "of Kubernetes",
    "GET /ping HTTP/1.1",
    "Host: localhost\r\nUser-Agent: kube-probe/1.33\r\nAccept: */*",
    200,
    "healthy",
  ],
  ["of Envoy", "GET /ping HTTP/1.1", "Host: localhost\r\nx-envoy-expected-rq-timeout-ms: 1000", 200, "healthy"],
  ["of HAProxy", "OPTIONS / HTTP/1.0", "X: y", 200, "healthy"],
  ["of HAProxy with a path", "OPTIONS /ping HTTP/1.0", "X: y", 200, "healthy"],
  ["with a star", "OPTIONS * HTTP/1.1", local, 200, "healthy"],
  ["by HEAD", "HEAD /ping HTTP/1.1", local, 200, ""],
  ["with a slash at its end", "GET /ping/ HTTP/1.1", local, 200, "healthy"],
  ["with a parameter", "GET /ping?at=1 HTTP/1.0", "X: y", 200, "healthy"],
  ["of a proxy that adds its header", "GET /ping HTTP/1.1", `${local}\r\nX-Forwarded-For: 10.0.0.1`, 200, "healthy"],
  ["of the root", "GET / HTTP/1.1", local, 403, "Bad Token"],
])("a health check %s is answered shortly", generous, async (_what, line, headers, status, body) =>
  fieldCase(kind, async () => {
    const answer = await raw(`${line}\r\n${headers}\r\nConnection: close\r\n\r\n`);
    expect([statusOf(answer), answer.split("\r\n\r\n")[1]]).toEqual([status, body]);
    expect(answer.length).toBeLessThan(600);
  })(),
);

const hello = Buffer.from("160301007b0100007703030000000000000000000000000000000000000000000000000000000000", "hex");
const strays: readonly (readonly [string, string | Buffer])[] = [
  ["a TLS hello", hello],
  ["PROXY protocol 1", "PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\nGET /ping HTTP/1.1\r\nHost: localhost\r\n\r\n"],
  ["PROXY protocol 2", Buffer.concat([Buffer.from("0d0a0d0a000d0a515549540a21110000", "hex"), hello])],
  ["HTTP 2 without a negotiation", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
  ["a line of nothing", "\r\n\r\n"],
  ["SSH", "SSH-2.0-OpenSSH_9.6\r\n"],
  ["a method nobody knows", "BREW /ping HTTP/1.1\r\nHost: localhost\r\n\r\n"],
  ["a negative length", `GET /ping HTTP/1.1\r\n${local}\r\nContent-Length: -1\r\n\r\n`],
];

test.each(strays)(
  "%s gets a short answer or none, again and again, and the others go on",
  generous,
  async (_what, bytes) =>
    fieldCase(kind, async () => {
      const before = agent.output();
      for (let time = 0; time < 3; time++) {
        const answer = await raw(bytes);
        expect(answer.length).toBeLessThan(400);
        expect(answer).not.toContain("HTTP/1.1 200");
      }
      expect(await ask(agent.port, "/v1/prod/orders")).toMatchObject({ status: 200 });
      expect(agent.output()).toBe(before);
    })(),
);

test(
  "a thousand connections that are opened and closed at once use up no limit and log nothing",
  generous,
  fieldCase(kind, async () => {
    const before = agent.output();
    for (let batch = 0; batch < 10; batch++) {
      await Promise.all(
        Array.from({ length: 100 }, async (_none, at) => {
          const socket = connect(agent.port, "127.0.0.1").on("error", () => undefined);
          await once(socket, "connect");
          if (at % 2 === 0) socket.resetAndDestroy();
          else socket.end();
        }),
      );
    }
    const open = async (): Promise<number> => {
      const { body } = await ask(agent.port, "/metrics", { headers: {} });
      return Number(/^rekey_agent_connections\S* (\d+)/m.exec(body)?.[1]);
    };
    await expect.poll(open, { timeout: 60_000 }).toBeLessThan(5);
    expect(await ask(agent.port, "/v1/prod/orders")).toMatchObject({ status: 200 });
    expect(agent.output()).toBe(before);
  }),
);
