import { createPrivateKey, generateKeyPairSync, sign } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { movableClock } from "../../local/clock.ts";
import { startStack } from "../../local/stack.ts";
import { type LocalVault, startVault } from "../../local/vault/server.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";
import { connectVault } from "../../shared/vault/connect-vault.ts";
import { signedIdentity } from "../../shared/vault/signed-identity.ts";
import type { VaultLogin } from "../../shared/vault/vault-login.ts";
import { awsServers } from "../support/aws-servers.ts";
import { failureOf, inTime } from "../support/mirror-entries.ts";
import { bao, startOpenBao, type VaultUnderTest } from "../support/openbao.ts";
import { at, type VaultAdmin, vaultAdmin } from "../support/vault-http.ts";

const policy = `path "secret/data/*" { capabilities = ["read", "create", "update"] }`;
const path = "secret/data/app";

/** Revokes every token that a login has made. */
async function revokeLogins(admin: VaultAdmin, mount: string): Promise<number> {
  const accessors = at((await admin("LIST", "auth/token/accessors")).body, "data", "keys");
  let revoked = 0;
  for (const accessor of Array.isArray(accessors) ? accessors : []) {
    const { body } = await admin("POST", "auth/token/lookup-accessor", { accessor });
    if (at(body, "data", "path") !== `auth/${mount}/login`) continue;
    await admin("POST", "auth/token/revoke-accessor", { accessor });
    revoked += 1;
  }
  return revoked;
}

interface Sts {
  readonly endpoint: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  stop(): Promise<void>;
}

/** With the keys of a role's session, whose signatures the local stack verifies as AWS does. */
async function localSts(): Promise<Sts> {
  const stack = await startStack();
  const credentials = stack.aws.principals.assumeRole("mirror", "session", []);
  return { endpoint: stack.aws.endpoint, credentials, stop: () => stack.stop() };
}
const moto = awsServers.find(({ name }) => name === "moto");
async function motoSts(): Promise<Sts> {
  const server = await moto?.start();
  if (server === undefined) throw new Error("moto is not here");
  return { endpoint: server.endpoint, credentials: server.clientConfig.credentials, stop: () => server.stop() };
}

describe.each([
  { name: "the local stack", absent: false, start: localSts },
  { name: "moto", absent: moto?.absent !== false, start: motoSts },
])("a login by AWS's IAM", ({ name, absent, start }) => {
  describe.skipIf(absent)(`with the STS of ${name}`, () => {
    const serverId = "vault.example.com";
    let aws: Sts;
    let vault: LocalVault;
    let admin: VaultAdmin;
    const login = (change: { serverId?: string; role?: string; secretAccessKey?: string } = {}): VaultLogin => {
      const { role = "mirror", secretAccessKey = aws.credentials.secretAccessKey } = change;
      const credentials = async () => ({ ...aws.credentials, secretAccessKey });
      return { method: "aws", role, identity: () => signedIdentity({ credentials, serverId, ...change }) };
    };
    const open = (by: VaultLogin) => connectVault({ address: vault.address, login: by });

    beforeAll(async () => {
      aws = await start();
      vault = await startVault({ clock: movableClock() });
      admin = vaultAdmin(vault);
      await admin("POST", "sys/policies/acl/mirror", { policy });
      await admin("POST", "sys/auth/aws", { type: "aws" });
      await admin("POST", "auth/aws/config/client", {
        sts_endpoint: aws.endpoint,
        iam_server_id_header_value: serverId,
      });
      // Whoever STS says that these keys are: asked once, by a role that nobody is bound to.
      await admin("POST", "auth/aws/role/nobody", {
        bound_iam_principal_arn: ["arn:aws:iam::123456789012:user/nobody"],
      });
      const identity = await signedIdentity({ credentials: async () => aws.credentials, serverId });
      const { body } = await admin("POST", "auth/aws/login", { role: "nobody", ...identity });
      const principal = /IAM Principal \\?"([^"\\]+)/.exec(JSON.stringify(body))?.[1];
      await admin("POST", "auth/aws/role/mirror", {
        bound_iam_principal_arn: [principal],
        token_policies: ["mirror"],
        token_ttl: "1h",
      });
    });
    afterAll(async () => {
      await vault.stop();
      await aws.stop();
    });

    test("reads and writes, with one login for many requests", async () => {
      const send = open(login());
      await send({ verb: "write", path, body: { data: { a: 1 } } }, inTime());
      await Promise.all([1, 2, 3].map(() => send({ verb: "read", path }, inTime())));
      expect(await revokeLogins(admin, "aws")).toBe(1);
    });

    test("logs in again after its token was revoked", async () => {
      const send = open(login());
      await send({ verb: "write", path, body: { data: { a: 1 } } }, inTime());
      await revokeLogins(admin, "aws");
      expect(await send({ verb: "read", path }, inTime())).toMatchObject({ status: 200 });
    });

    test.each([
      ["a request that was signed for another Vault", { serverId: "other.example.com" }],
      ["a role that does not exist", { role: "nope" }],
      ["a role that is bound to somebody else", { role: "nobody" }],
    ])("%s is mirror-unauthorized", async (_what, change) => {
      const error = await failureOf(open(login(change))({ verb: "read", path }, inTime()));
      expect(error).toMatchObject({ code: "mirror-unauthorized", context: { operation: "login", status: 400 } });
    });

    // moto verifies no signature.
    if (name !== "moto") {
      test("a request that was signed with another key is mirror-unauthorized", async () => {
        const secretAccessKey = "canary-of-a-wrong-key";
        const error = await failureOf(
          open(login({ secretAccessKey }))({ verb: "read", path }, inTime()),
          secretAccessKey,
        );
        expect(error).toMatchObject({ code: "mirror-unauthorized", context: { operation: "login", status: 400 } });
      });
    }
  });
});

describe.skipIf(bao === undefined)("a login by JWT on a real OpenBao", () => {
  const keys = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  let vault: VaultUnderTest;
  let admin: VaultAdmin;
  const jwt = (audience: string): SecretValue => {
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
    const iat = Math.floor(Date.now() / 1000) - 60;
    const claims = `${part({ alg: "RS256", typ: "JWT" })}.${part({ sub: "mirror", aud: audience, iat, nbf: iat, exp: iat + 600 })}`;
    const signature = sign("sha256", Buffer.from(claims), createPrivateKey(keys.privateKey));
    return new SecretValue(`${claims}.${signature.toString("base64url")}`);
  };
  const open = (token: () => Promise<SecretValue>) =>
    connectVault({ address: vault.address, login: { method: "jwt", role: "mirror", token, mount: "jwt" } });

  beforeAll(async () => {
    vault = await startOpenBao(bao ?? "");
    admin = vaultAdmin(vault);
    await admin("POST", "sys/policies/acl/mirror", { policy });
    await admin("POST", "sys/auth/jwt", { type: "jwt" });
    await admin("POST", "auth/jwt/config", { jwt_validation_pubkeys: [keys.publicKey] });
    const role = { role_type: "jwt", user_claim: "sub", bound_audiences: ["vault"], token_policies: ["mirror"] };
    await admin("POST", "auth/jwt/role/mirror", role);
  });
  afterAll(() => vault.stop());

  test("writes, asks for its token once, and again after a revocation", async () => {
    let asked = 0;
    const send = open(async () => {
      asked += 1;
      return jwt("vault");
    });
    expect(await send({ verb: "write", path, body: { data: { a: 1 } } }, inTime())).toMatchObject({ status: 200 });
    expect(await send({ verb: "read", path }, inTime())).toMatchObject({ status: 200 });
    expect(asked).toBe(1);
    expect(await revokeLogins(admin, "jwt")).toBe(1);
    expect(await send({ verb: "read", path }, inTime())).toMatchObject({ status: 200 });
    expect(asked).toBe(2);
  });

  test("a token for another audience is mirror-unauthorized", async () => {
    const token = jwt("elsewhere");
    const error = await failureOf(open(async () => token)({ verb: "read", path }, inTime()), token.reveal());
    expect(error).toMatchObject({ code: "mirror-unauthorized", context: { operation: "login", status: 400 } });
  });
});
