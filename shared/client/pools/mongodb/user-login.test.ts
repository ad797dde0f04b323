import { afterEach, expect, test } from "vitest";
import { SecretValue } from "../../../secrets/secret-value.ts";
import { fakeSecretClient, type FakeSecretClient } from "../../../testing/fake-secret-client.ts";
import type { AuthContext, AuthProvider, LoginPlace } from "./supported-client.ts";
import { userLogin } from "./user-login.ts";

const secretId = "prod/orders";
const secretOf = (password: string, more: object = {}): object => ({ username: "app", password, host: "h", ...more });

class Credentials {
  readonly password: string;
  constructor({ password }: { readonly password: string }) {
    this.password = password;
  }
}

let client: FakeSecretClient;
afterEach(async () => client.close());

/** A server that takes some passwords, and the driver's place for logins. */
async function stage(current: object, taken: readonly string[]) {
  client = fakeSecretClient({ [secretId]: current });
  const version = await client.get(secretId);
  const offered: string[] = [];
  const server = { taken: new Set(taken), fails: undefined as Error | undefined };
  const provider: AuthProvider = {
    prepare: async (handshake) => handshake,
    async auth({ credentials }) {
      const { password } = credentials as Credentials;
      offered.push(password);
      if (server.fails !== undefined) throw server.fails;
      if (!server.taken.has(password)) throw Object.assign(new Error("Authentication failed."), { code: 18 });
    },
  };
  let refused = 0;
  const login = userLogin({ client, secretId, version, refused: () => void refused++ });
  const place: LoginPlace = {
    authProviders: { getOrCreateProvider: (name) => (name === "none" ? undefined : provider) },
  };
  login.installAt(place);
  async function connect(): Promise<AuthContext> {
    const context: AuthContext = { credentials: new Credentials({ password: "placeholder" }), response: { ok: 1 } };
    const hooked = place.authProviders.getOrCreateProvider("DEFAULT", {});
    await hooked?.prepare({}, context);
    await hooked?.auth(context);
    return context;
  }
  return { login, place, server, offered, connect, refusals: () => refused };
}

test("the secret's password stands in the context while it logs in, and the placeholder before and after", async () => {
  const { connect, offered, place } = await stage(secretOf("one"), ["one"]);
  expect((await connect()).credentials).toEqual({ password: "placeholder" });
  expect(offered).toEqual(["one"]);
  expect(place.authProviders.getOrCreateProvider("none", {})).toBeUndefined();
});

test("until the server has taken the first password, a refusal fails the login", async () => {
  const { connect, offered } = await stage(secretOf("one"), ["two"]);
  client.secrets.put(secretId, secretOf("two"));
  await expect(connect()).rejects.toMatchObject({ code: "credential-refused", context: { serverCode: 18 } });
  expect(offered).toEqual(["one"]);
});

test("a refused login is made again on the same connection, without the answer to the first, and the next begins there", async () => {
  const { connect, login, offered, server, refusals } = await stage(secretOf("one"), ["one"]);
  await connect();
  const versionId = client.secrets.put(secretId, secretOf("two"));
  server.taken = new Set(["two"]);
  const { response, nonce } = await connect();
  expect(response).toEqual({ ok: 1, speculativeAuthenticate: undefined });
  expect(nonce).toHaveLength(24);
  await connect();
  expect(offered).toEqual(["one", "one", "two", "two"]);
  expect([login.versionId, refusals()]).toEqual([versionId, 1]);
});

test("connections that are refused at the same time look for the password once", async () => {
  const { connect, offered, server } = await stage(secretOf("one"), ["one"]);
  await connect();
  client.secrets.put(secretId, secretOf("two"));
  server.taken = new Set(["two"]);
  await Promise.all([connect(), connect(), connect()]);
  expect(offered.slice(1).toSorted()).toEqual(["one", "one", "one", "two", "two", "two"]);
});

test.each([
  ["another user", { username: "app_b" }],
  ["another host", { host: "of-somebody-else" }],
  ["another port", { port: 1 }],
  ["another database of users", { authSource: "other" }],
])("a version with %s is offered nowhere on this client", async (_, more) => {
  const { connect, offered, server } = await stage(secretOf("one"), ["one"]);
  await connect();
  client.secrets.put(secretId, secretOf("two", more));
  server.taken = new Set();
  await expect(connect()).rejects.toMatchObject({ code: "credential-refused" });
  expect(offered).toEqual(["one", "one"]);
});

test("once every version was refused, the next connection offers them again", async () => {
  const { connect, offered, server } = await stage(secretOf("one"), ["one"]);
  await connect();
  server.taken = new Set();
  await expect(connect()).rejects.toMatchObject({ code: "credential-refused" });
  server.taken = new Set(["one"]);
  await connect();
  expect(offered).toEqual(["one", "one", "one"]);
});

test("what is no refusal is the driver's error", async () => {
  const { connect, server } = await stage(secretOf("one"), ["one"]);
  server.fails = new Error("cut");
  await expect(connect()).rejects.toBe(server.fails);
});

test("a value that is no login is passed over", async () => {
  const { connect, server } = await stage(secretOf("one"), ["one"]);
  await connect();
  client.secrets.put(secretId, new SecretValue("no login").reveal());
  server.taken = new Set();
  await expect(connect()).rejects.toMatchObject({ code: "credential-refused" });
});
