import type { ServerResponse } from "node:http";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { SecretValue } from "../../shared/secrets/secret-value.ts";
import { issued } from "../../shared/rotation/strategies/issued.ts";
import type { EngineFixture, EngineServer } from "../../shared/testing/engine-contract/fixture.ts";
import { type KeyServer, type SeenRequest, startKeyServer } from "../support/key-server.ts";
import { keyServerFixture, keyServerOf } from "../support/key-server-fixture.ts";
import { certificate, key } from "../support/loopback-certificate.ts";
import { bao, type VaultUnderTest } from "../support/openbao.ts";
import { at, vaultAdmin } from "../support/vault-http.ts";
import { engineBehindProxy, startVaultWithDatabase } from "../support/vault-role-fixture.ts";
import { fieldCase, printFieldCases } from "./field-cases.ts";
import { type FieldCase, type FieldStage, rotated, type Seen, startFieldStage } from "./field-stage.ts";

printFieldCases();

describe("keys of an HTTP API", () => {
  let api: KeyServer;
  let field: FieldStage;
  beforeAll(async () => {
    api = await startKeyServer();
    field = await startFieldStage(keyServerFixture, keyServerOf(api), () => keyServerFixture);
  });
  afterEach(() => {
    api.intercept = undefined;
  });
  afterAll(async () => {
    await field.stop();
    await api.stop();
  });
  const rotate = async (one: Omit<FieldCase, "strategy"> = {}): Promise<Seen> =>
    field.rotate({ strategy: "issued", ...one });
  /** Answers so to requests of this method below this path. */
  const answerTo =
    (method: string, path: string, status: number, headers: Record<string, string> = {}) =>
    async (): Promise<void> => {
      api.intercept = (request: SeenRequest, answer: ServerResponse) =>
        request.method === method && request.path.startsWith(path) && Boolean(answer.writeHead(status, headers).end());
    };

  test(
    "an account with its one key is rotated, and nothing is said of it",
    fieldCase("doctor does not see it", async () => {
      expect(await rotate()).toMatchObject({ ...rotated, warned: [] });
    }),
  );

  test(
    "another key in the account is pointed out before it is deleted",
    fieldCase("an account rewritten", async () => {
      const seen = await rotate({
        situate: async ({ username }) => api.give("of-another-service", "theirs", username),
      });
      expect(seen).toMatchObject({ ...rotated, warned: ["password-not-managed"] });
    }),
  );

  test(
    "a user name that is no key's id is refused, and no key is deleted",
    fieldCase("an account rewritten", async () => {
      const seen = await rotate({ fields: { username: "orders-service" } });
      expect(seen).toMatchObject({ foretold: ["secret-malformed"], codes: ["secret-malformed"] });
      expect(api.accepts(seen.account.username, seen.account.password)).toBe(true);
    }),
  );

  test(
    "a key that works and may not manage keys lacks a right, which is no refused key",
    fieldCase("one number, several causes", async () => {
      const seen = await rotate({ tags: { "rekey:api-test-path": "/me" }, situate: answerToTest(403) });
      expect(seen).toMatchObject({ foretold: ["database-rights-missing"], codes: ["database-rights-missing"] });
      expect(seen.hints[0]).toContain("list keys");
    }),
  );

  /** `/me` is answered well, `/keys` so. */
  function answerToTest(status: number): () => Promise<void> {
    return async () => {
      api.intercept = ({ path }, answer) => Boolean(answer.writeHead(path === "/me" ? 200 : status).end());
    };
  }

  test.each([
    ["rekey:api-path", { "rekey:api-path": "/v2/keys", "rekey:api-test-path": "/keys" }],
    ["rekey:api-test-path", { "rekey:api-test-path": "/health" }],
  ])("a path that the API does not have is told by its tag: %s", async (tag, tags) =>
    fieldCase("one number, several causes", async () => {
      const seen = await rotate({ tags });
      expect(seen).toMatchObject({ foretold: ["option-invalid"], codes: ["option-invalid"] });
      expect(seen.hints[0]).toContain(`correct the tag ${tag} `);
    })(),
  );

  test(
    "a redirect is told as one",
    fieldCase("one number, several causes", async () => {
      const seen = await rotate({ situate: answerTo("GET", "/keys", 308, { location: "/v2/keys" }) });
      expect(seen).toMatchObject({ foretold: ["database-failed"], codes: ["database-failed"] });
      expect(seen.hints[0]).toContain("redirect");
    }),
  );

  test(
    "an API that takes TLS alone, named with ssl: false",
    fieldCase("one number, several causes", async () => {
      const secure = await startKeyServer({ certificate, key });
      const other = await startFieldStage(keyServerFixture, keyServerOf(secure), () => keyServerFixture);
      const seen = await other.rotate({ strategy: "issued" });
      await other.stop();
      await secure.stop();
      expect(seen).toMatchObject({ foretold: ["tls-refused"], codes: ["tls-refused"] });
      expect(seen.hints[0]).toContain("ssl: false");
    }),
  );
});

describe.skipIf(bao === undefined)("static roles of OpenBao", () => {
  let vault: VaultUnderTest;
  let server: EngineServer;
  let field: FieldStage;
  let token = "";
  let policies = 0;
  const engine = engineBehindProxy(() => token);
  const fixture: EngineFixture = {
    name: "OpenBao",
    engine,
    strategies: { issued: issued(engine) },
    variants: [{ strategy: "issued", usesAdmin: false }],
    start: async () => server,
  };
  beforeAll(async () => {
    ({ vault, server } = await startVaultWithDatabase(bao ?? ""));
    field = await startFieldStage(fixture, server, () => fixture);
  });
  afterAll(async () => {
    await field?.stop();
    await server?.stop();
  });

  const rotateWith = async (rulesFor: (role: string) => string): Promise<Seen> => {
    const admin = vaultAdmin(vault);
    token = vault.rootToken;
    return field.rotate({
      strategy: "issued",
      async situate({ username }) {
        const name = `field-${++policies}`;
        await admin("POST", `sys/policies/acl/${name}`, { policy: rulesFor(username) });
        const { body } = await admin("POST", "auth/token/create", { policies: [name] });
        token = new SecretValue(String(at(body, "auth", "client_token"))).reveal();
      },
    });
  };
  const reads = (role: string): string => `path "database/static-creds/${role}" { capabilities = ["read"] }`;
  const rotates = (role: string): string => `path "database/rotate-role/${role}" { capabilities = ["update"] }`;

  test(
    "a policy of the documented rights suffices, and nothing is said of it",
    fieldCase("doctor does not see it", async () => {
      expect(await rotateWith((role) => `${reads(role)}\n${rotates(role)}`)).toMatchObject({ ...rotated, warned: [] });
      expect(await rotateWith(() => `path "database/*" { capabilities = ["read", "update"] }`)).toMatchObject(rotated);
    }),
  );

  test.each([
    ["read", rotates],
    ["rotate", reads],
    [
      "rotate, which another rule denies",
      (role: string) => `${reads(role)}\npath "database/*" { capabilities = ["deny"] }\n${reads(role)}`,
    ],
  ])("a policy without the right to %s is told beforehand, with the line that lacks", async (_what, rulesFor) =>
    fieldCase("doctor does not see it", async () => {
      const seen = await rotateWith(rulesFor);
      expect(seen).toMatchObject({ foretold: ["mirror-unauthorized"], codes: ["mirror-unauthorized"] });
      expect(seen.hints[0]).toMatch(/path "database\/(?:static-creds|rotate-role)\//);
    })(),
  );
});
