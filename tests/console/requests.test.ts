import { createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ConsoleStage, type Sent, startConsoleStage } from "./console-stage.ts";

let stage: ConsoleStage;
let signed: Readonly<Record<string, string>>;

beforeAll(async () => {
  stage = await startConsoleStage();
  signed = await stage.signIn();
});
afterAll(async () => stage.stop());

const codeOf = (text: string): unknown => (JSON.parse(text) as { readonly code: unknown }).code;
const without = (name: string): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(signed).filter(([header]) => header !== name));
const plans = (headers: Readonly<Record<string, string>>, body = '{"secrets":["db/orders"]}'): Sent => ({
  method: "POST",
  headers,
  body,
});

describe("the address", () => {
  test("opens once", async () => {
    const token = new URLSearchParams(new URL(await stage.newAddress()).hash.slice(1)).get("token");
    const open: Sent = { method: "POST", headers: stage.asPage, body: JSON.stringify({ token }) };
    expect(await stage.send("/api/session", open)).toMatchObject({ status: 200 });
    const again = await stage.send("/api/session", open);
    expect([again.status, codeOf(again.text)]).toEqual([401, "session-required"]);
  });

  test.each([["{}"], ['{"token":null}'], ['{"token":""}'], ['{"token":{"a":1}}']])(
    "is not guessed: %s",
    async (body) => {
      const answer = await stage.send("/api/session", { method: "POST", headers: stage.asPage, body });
      expect([400, 401]).toContain(answer.status);
      expect(answer.headers).not.toHaveProperty("set-cookie");
    },
  );

  test("gives a cookie that scripts do not see and other sites do not send", async () => {
    const token = new URLSearchParams(new URL(await stage.newAddress()).hash.slice(1)).get("token");
    const answer = await stage.send("/api/session", {
      method: "POST",
      headers: stage.asPage,
      body: JSON.stringify({ token }),
    });
    const cookie = String(answer.headers["set-cookie"]);
    expect(cookie).toMatch(
      new RegExp(`^rekey-console-${stage.port}=[\\w-]{43}; Path=/api; HttpOnly; SameSite=Strict$`),
    );
  });

  test("is of loopback, and no other address of the machine answers", async () => {
    const others = Object.values(networkInterfaces())
      .flatMap((all) => all ?? [])
      .filter(({ internal, family }) => !internal && family === "IPv4");
    // The port is free on every other address: that is where nobody listens.
    for (const { address } of others) {
      const server = createServer();
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject).listen(stage.port, address, resolve);
      });
      await new Promise((closed) => server.close(closed));
    }
    expect(stage.host).toBe(`127.0.0.1:${stage.port}`);
  });
});

describe("a request", () => {
  test.each<[string, () => Sent, number]>([
    ["of another Host", () => ({ headers: { ...signed, Host: "rebound.example" } }), 421],
    ["of another port", () => ({ headers: { ...signed, Host: "127.0.0.1:1" } }), 421],
    ["of another site", () => ({ headers: { ...signed, "Sec-Fetch-Site": "cross-site" } }), 403],
    ["of another port of this machine", () => ({ headers: { ...signed, "Sec-Fetch-Site": "same-site" } }), 403],
    ["of another origin", () => ({ headers: { ...signed, Origin: "http://127.0.0.1:1" } }), 403],
    ["without a cookie", () => ({ headers: without("Cookie") }), 401],
    ["with another's cookie", () => ({ headers: { ...signed, Cookie: "rekey-console-1=x" } }), 401],
  ])("to read, %s, is refused", async (_what, sent, status) => {
    const answer = await stage.send("/api/fleet", sent());
    expect(answer.status).toBe(status);
    expect(answer.text).not.toContain("db/orders");
  });

  test.each<[string, () => Sent, number]>([
    ["without an Origin", () => plans(without("Origin")), 403],
    ["of a null origin", () => plans({ ...signed, Origin: "null" }), 403],
    ["as a form sends it", () => plans({ ...signed, "Content-Type": "text/plain" }), 415],
    ["without a cookie", () => plans(without("Cookie")), 401],
    ["without the page's key", () => plans(without("X-Rekey-Key")), 401],
    ["with another key", () => plans({ ...signed, "X-Rekey-Key": "x" }), 401],
    ["of more than a megabyte", () => plans(signed, `{"secrets":["${"x".repeat(1_100_000)}"]}`), 413],
  ])("to change something, %s, is refused", async (_what, sent, status) => {
    expect(await stage.send("/api/campaigns/plans", sent())).toMatchObject({ status });
    expect(JSON.parse((await stage.send("/api/campaigns", { headers: signed })).text)).toEqual([]);
  });

  test("of the page itself is answered", async () => {
    await expect
      .poll(async () => JSON.parse((await stage.send("/api/fleet", { headers: signed })).text) as unknown)
      .toMatchObject({ total: 2, counts: { healthy: 2 }, reading: { isWhole: true } });
  });

  test.each([
    ["/api/fleet?limit=1000", 400, "option-invalid"],
    ["/api/fleet?offset=x", 400, "option-invalid"],
    ["/api/fleet?health=well", 400, "option-invalid"],
    ["/api/fleet?order=luck", 400, "option-invalid"],
    ["/api/capacity?users=none", 400, "option-invalid"],
    ["/api/secrets/none/rotation-plan", 404, "not-found"],
    ["/api/nothing", 404, "not-found"],
  ])("that is wrong is told so: %s", async (path, status, code) => {
    const answer = await stage.send(path, { headers: signed });
    expect([answer.status, codeOf(answer.text)]).toEqual([status, code]);
  });

  test.each([
    ["/api/campaigns", '{"campaign":"none"}', 400],
    ["/api/campaigns", "[", 400],
    ["/api/campaigns/plans", '{"secrets":[]}', 400],
    ["/api/campaigns/plans", '{"secrets":"all"}', 400],
    ["/api/campaigns/plans", "7", 400],
    ["/api/campaigns/none/stop", "{}", 400],
    ["/api/secrets/none/rotation-plan", "{}", 404],
    ["/api/secrets/db%2Forders/rollback", "{}", 409],
  ])("to change something that is wrong changes nothing: %s %s", async (path, body, status) => {
    const before = stage.stack.aws.requests.length;
    const answer = await stage.send(path, plans(signed, body));
    expect(answer.status).toBe(status);
    const made = stage.stack.aws.requests.slice(before).map(({ operation }) => operation);
    expect(made.filter((operation) => /^(?:Put|Update|Rotate|Tag)/.test(operation))).toEqual([]);
  });
});

test.each(["/", "/secrets/anything", "/main.js", "/main.css", "/icon.svg", "/runbook.html", "/api/place"])(
  "%s is kept in no cache, may be framed by nobody, and runs no script but the console's own",
  async (path) => {
    const { headers, status } = await stage.send(path, { headers: signed });
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      "cache-control": "no-store",
      "content-security-policy": [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
      ].join("; "),
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-resource-policy": "same-origin",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
    });
    expect(headers).not.toHaveProperty("access-control-allow-origin");
  },
);

test("a file is served by its name alone, whatever the path says", async () => {
  const page = (await stage.send("/")).text;
  for (const path of ["/../package.json", "/%2e%2e/package.json", "/..%2fcli/rekey.js", "/index.html/../../cli"]) {
    expect((await stage.send(path)).text).toBe(page);
  }
});

test("each section of the runbook can be linked to by its code", async () => {
  const { codes } = await import("../../shared/errors/codes.ts");
  const { text } = await stage.send("/runbook.html");
  const missing = Object.keys(codes).filter((code) => !text.includes(`id="${code}"`));
  expect(missing).toEqual([]);
});
