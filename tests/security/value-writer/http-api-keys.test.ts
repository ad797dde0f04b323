import { afterEach, beforeEach, expect, test } from "vitest";
import { httpApiEngine } from "../../../shared/engines/http-api/http-api-engine.ts";
import { newLabel, ownLabel } from "../../../shared/engines/http-api/label.ts";
import { readDescriptions } from "../../../shared/engines/http-api/read-descriptions.ts";
import type { CredentialIssuer } from "../../../shared/ports/credential-issuer.ts";
import type { DatabaseEngine, DatabaseTarget } from "../../../shared/ports/database-engine.ts";
import { environmentOf } from "../../../shared/runtime/environment.ts";
import { httpApiGrants } from "../../../shared/runtime/rotation-grants.ts";
import { SecretValue } from "../../../shared/secrets/secret-value.ts";
import { exampleAt, type SaasServer, startSaas } from "../../support/saas-server.ts";
import { confluent, entra, grafana, type SaasShape, sendgrid } from "../../support/saas-shapes.ts";

const call = { signal: new AbortController().signal };
const grants = httpApiGrants(
  environmentOf({
    REKEY_HTTP_API_GRANTS:
      "own/sendgrid=sendgrid,own/grafana=grafana:42,own/entra=entra:42,own/confluent=confluent:42,victim/grafana=grafana:43",
  }),
);
let server: SaasServer;
const start = async (shape: SaasShape): Promise<void> => {
  await server?.stop();
  server = await startSaas(shape);
  server.give({ id: "1", key: "own-key", label: "made by hand", account: "42" });
};
beforeEach(async () => start(grafana));
afterEach(async () => server.stop());

const targetOf = (secretName: string, change: Partial<DatabaseTarget> = {}): DatabaseTarget => ({
  secretName,
  engine: "http-api",
  host: "evil.example.com",
  port: 1,
  dbname: "",
  tls: { mode: "disable", ca: "the secret's own" },
  options: new Map(),
  ...change,
});
function engineFor(isGranted = (): boolean => true): DatabaseEngine & CredentialIssuer {
  const origin = `http://127.0.0.1:${server.port}`;
  const described = [sendgrid, grafana, entra, confluent].map(({ name }) =>
    Object.entries(JSON.parse(exampleAt(name, origin))),
  );
  return httpApiEngine({
    apis: readDescriptions(JSON.stringify(Object.fromEntries(described.flat())), () => true),
    grants,
    isGranted,
    pause: async () => undefined,
  });
}
const as = (username: string, password = "own-key") => ({ username, password: new SecretValue(password) });
const ids = (): readonly string[] => [...server.keys.keys()];

test("a secret without a grant reaches no API, whatever it says of host, account, path and header", async () => {
  const options = new Map([
    ["rekey:api-path", "/index"],
    ["rekey:api-header", "x"],
  ]);
  const target = targetOf("attacker/any", { account: "43", options });
  await expect(engineFor().login(target, as("1"), call)).rejects.toMatchObject({
    code: "option-invalid",
    context: { option: "REKEY_HTTP_API_GRANTS", secretName: "attacker/any" },
  });
  expect(server.requests).toEqual([]);
});

test("the secret's host, port and account are not what is asked: the grant's are", async () => {
  await engineFor().issue(targetOf("own/grafana", { account: "43" }), as("1"), call);
  expect(new Set(server.requests.map(({ path }) => path))).toEqual(new Set(["/api/serviceaccounts/42/tokens"]));
});

test("a key's id that is another secret's ends nothing: not as AWSCURRENT, and not by its label", async () => {
  const victim = targetOf("victim/grafana");
  server.give({ id: "9", key: "victim-key", label: newLabel(victim), account: "42" });
  await engineFor().issue(targetOf("own/grafana"), as("1"), call);
  await engineFor().revokeOthers(targetOf("own/grafana"), as("1"), call);
  await engineFor().revokeOthers(targetOf("own/grafana"), as("9"), call);
  expect(ids()).toEqual(["1", "9"]);
});

test("another key's id without its key is refused before anything is revoked", async () => {
  server.give({ id: "2", key: "second", label: newLabel(targetOf("own/grafana")), account: "42" });
  await expect(engineFor().revokeOthers(targetOf("own/grafana"), as("2", "wrong"), call)).rejects.toMatchObject({
    code: "credential-refused",
  });
  expect(ids()).toEqual(["1", "2"]);
});

test.each([
  ["of another secret", newLabel(targetOf("victim/grafana"))],
  ["that names the secret without its mark", "rekey own/grafana 00000000000000000000-00000000"],
  ["that has the mark later on", `x ${ownLabel(targetOf("own/grafana"))}`],
  ["in other letters", newLabel(targetOf("own/grafana")).toUpperCase()],
  ["of nobody", null],
])("a key with a label %s is never revoked", async (_what, label) => {
  server.give({ id: "5", key: "other", label, account: "42" });
  await engineFor().revokeOthers(targetOf("own/grafana"), as("1"), call);
  await engineFor().issue(targetOf("own/grafana"), as("1"), call);
  expect(ids()).toContain("5");
});

test.each(["a\r\nx-injected: 1", "a\u0000b", "ü".repeat(8), "\ud800", "k".repeat(100_000)])(
  "a key that cannot stand in a header is not sent (%#)",
  async (password) => {
    await expect(engineFor().login(targetOf("own/grafana"), as("1", password), call)).rejects.toMatchObject({
      code: "secret-malformed",
      context: { field: "password" },
    });
    expect(server.requests).toEqual([]);
  },
);

test.each(["a:b", "a\r\nb", "u".repeat(2_000)])(
  "a user name that would become another login is not sent (%#)",
  async (username) => {
    await start(confluent);
    await expect(engineFor().login(targetOf("own/confluent"), as(username), call)).rejects.toMatchObject({
      code: "secret-malformed",
      context: { field: "username" },
    });
    expect(server.requests).toEqual([]);
  },
);

test("a key with signs of a form does not become another parameter of the token's request", async () => {
  await start(entra);
  const login = await engineFor().login(targetOf("own/entra"), as("1", "x&client_id=43&client_secret=y"), call);
  expect(login).toEqual({ ok: false, refusal: "bad-credential" });
  expect(server.requests[0]?.body).toMatchObject({ client_id: "42", client_secret: "x&client_id=43&client_secret=y" });
});

test.each(["../43/tokens", "43/tokens/9", "%2e%2e", "9?x=", "9#"])(
  "an id that the API lists as %s stays one segment of its own account's path",
  async (id) => {
    server.intercept = ({ method }, answer) =>
      method === "GET" &&
      Boolean(answer.end(JSON.stringify([{ id: "1" }, { id, name: newLabel(targetOf("own/grafana")) }])));
    await engineFor().revokeOthers(targetOf("own/grafana"), as("1"), call);
    const [, revoked] = server.requests;
    expect([revoked?.method, revoked?.path]).toEqual([
      "DELETE",
      `/api/serviceaccounts/42/tokens/${encodeURIComponent(id)}`,
    ]);
  },
);

test("a redirect of the API or of the token's endpoint does not get the key sent elsewhere", async () => {
  const elsewhere = await startSaas(grafana);
  try {
    for (const shape of [grafana, entra]) {
      await start(shape);
      const location = `http://127.0.0.1:${elsewhere.port}/`;
      server.intercept = (_request, answer) => Boolean(answer.writeHead(307, { location }).end());
      await expect(engineFor().login(targetOf(`own/${shape.name}`), as("1"), call)).rejects.toMatchObject({
        code: "database-failed",
      });
    }
    expect(elsewhere.requests).toEqual([]);
  } finally {
    await elsewhere.stop();
  }
});

test("an API that is described and not granted as internal is not reached on this machine", async () => {
  await expect(engineFor(() => false).login(targetOf("own/grafana"), as("1"), call)).rejects.toMatchObject({
    code: "option-invalid",
    context: { option: "REKEY_HTTP_API_ORIGINS" },
  });
  expect(server.requests).toEqual([]);
});
