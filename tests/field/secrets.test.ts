import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CliStage, startCliStage } from "../support/cli-stage.ts";
import { createRotatingPool } from "../../shared/client/pools/pg/rotating-pool.ts";
import { createSecretClient, type SecretClient } from "../../shared/client/secret-client.ts";
import { secretsManagerSource } from "../../shared/client/sources/secrets-manager-source.ts";
import { vaultSource } from "../../shared/client/sources/vault/vault-source.ts";
import { vaultKv2Mirror } from "../../shared/mirrors/vault-kv2.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";
import { connectVault } from "../../shared/vault/connect-vault.ts";
import { adoReader, libpqReader, type Reader, webReader } from "../support/connection-string-readers.ts";
import { entryOf, inTime } from "../support/mirror-entries.ts";
import { at, vaultAdmin } from "../support/vault-http.ts";

let stage: CliStage;
let client: SecretClient;
let serial = 0;

beforeAll(async () => {
  stage = await startCliStage();
  client = createSecretClient({ source: secretsManagerSource(stage.secrets), background: false, ttlMs: 1 });
}, 240_000);
afterAll(async () => {
  await client.close();
  await stage.stop();
});

interface Account {
  readonly name: string;
  readonly username: string;
  readonly password: string;
  /** What `pg` needs beyond the credential. */
  readonly at: { readonly host: string; readonly port: number; readonly database: string };
}

/** A user of the database. */
async function account(): Promise<Account> {
  const username = `field_${++serial}`;
  const password = `${username}-canary-0123456789`;
  await stage.postgres.admin(`CREATE ROLE ${username} LOGIN PASSWORD '${password}'`);
  const { host, port } = stage.postgres;
  return { name: `field/${username}`, username, password, at: { host, port, database: "postgres" } };
}

/** Its secret, with the deployed function as its rotation. */
async function put({ name }: Account, text: string | Uint8Array): Promise<string> {
  const content = typeof text === "string" ? { SecretString: text } : { SecretBinary: text };
  const { ARN = "" } = await stage.secrets.createSecret({ Name: name, ...content });
  await stage.secrets.rotateSecret({
    SecretId: name,
    RotationLambdaARN: stage.functionArn,
    RotationRules: { AutomaticallyAfterDays: 30 },
    RotateImmediately: false,
  });
  await stage.stack.secretsManager.idle();
  return ARN;
}

const fieldsOf = ({ username, password, at: { host, port } }: Account, more: object = {}): object => ({
  engine: "postgres",
  host,
  port,
  username,
  password,
  ssl: false,
  ...more,
});

const current = async ({ name }: Account): Promise<string> =>
  (await stage.secrets.getSecretValue({ SecretId: name })).SecretString ?? "";

async function whoLogsIn({ at }: Account, found: ReturnType<Reader>): Promise<unknown> {
  const connection = new pg.Client({ ...at, user: found.username, password: found.password });
  await connection.connect();
  const { rows } = await connection.query<{ readonly user: string }>("SELECT session_user AS user");
  await connection.end();
  return rows[0]?.user;
}

/** What an operator sees of a rotation that cannot be. */
async function refusal(subject: Account): Promise<string> {
  const before = await current(subject);
  const rotated = await stage.rekey("rotate", subject.name, "--yes");
  expect(rotated.code).toBe(1);
  expect(await current(subject)).toBe(before);
  const doctor = await stage.rekey("doctor", subject.name);
  expect(doctor.code).toBe(1);
  return doctor.out + doctor.err;
}

describe("fields derived from the credential", () => {
  const forms: readonly (readonly [string, (subject: Account) => string, Reader])[] = [
    [
      "ADO.NET, as .NET services read it",
      ({ username, password, at: { host, port } }) =>
        `Server=${host};Port=${port};User Id=${username};Password='${password}';Database=postgres`,
      adoReader,
    ],
    [
      "libpq's keywords",
      ({ username, password, at: { host, port } }) =>
        `host=${host} port=${port} dbname=postgres password='${password}' user=${username}`,
      libpqReader,
    ],
    [
      "a URL of SQLAlchemy",
      ({ username, password, at: { host, port } }) =>
        `postgresql+psycopg2://${username}:${password}@${host}:${port}/postgres`,
      webReader,
    ],
  ];

  test.each(forms)(
    "A service reads its credential from one field, in %s: it logs in after each rotation of alternating users",
    async (_form, write, read) => {
      const subject = await account();
      const { ARN: masterarn } = await stage.secrets.describeSecret({ SecretId: "admin" });
      await put(subject, JSON.stringify(fieldsOf(subject, { masterarn, connection: write(subject) })));
      for (const user of [`${subject.username}_clone`, subject.username]) {
        expect((await stage.rekey("rotate", subject.name, "--yes")).code).toBe(0);
        const { connection } = JSON.parse(await current(subject)) as { readonly connection: string };
        expect(await whoLogsIn(subject, read(connection))).toBe(user);
      }
    },
  );

  test("A service takes the user from a URL and the password from elsewhere: the URL follows alternating users", async () => {
    const subject = await account();
    const { ARN: masterarn } = await stage.secrets.describeSecret({ SecretId: "admin" });
    const url = `postgres://${subject.username}@${subject.at.host}/postgres`;
    await put(subject, JSON.stringify(fieldsOf(subject, { masterarn, url })));
    expect((await stage.rekey("rotate", subject.name, "--yes")).code).toBe(0);
    expect(JSON.parse(await current(subject))).toMatchObject({
      username: `${subject.username}_clone`,
      url: `postgres://${subject.username}_clone@${subject.at.host}/postgres`,
    });
  });

  test("A field holds the password in a form that nobody can follow: the rotation and doctor name the field, and nothing changes", async () => {
    const subject = await account();
    const basic = Buffer.from(`${subject.username}:${subject.password}`).toString("base64");
    await put(subject, JSON.stringify(fieldsOf(subject, { authorization: `Basic ${basic}` })));
    const shown = await refusal(subject);
    expect(shown).toContain("field=authorization");
    expect(shown).toContain("templates");
    expect(await whoLogsIn(subject, subject)).toBe(subject.username);
  });
});

describe("input as wide as AWS's", () => {
  const keystore = Uint8Array.from([0, 159, 146, 150, 255, 0]);

  test("A secret is a keystore of bytes: the client gives the bytes, and its text says what it is", async () => {
    const subject = await account();
    const { ARN = "" } = await stage.secrets.createSecret({ Name: subject.name, SecretBinary: keystore });
    await client.prefetch([ARN]);
    for (const secretId of [ARN, subject.name]) {
      const { value } = await client.get(secretId);
      expect(value.bytes()).toEqual(keystore);
      expect(() => value.reveal()).toThrow(
        expect.objectContaining({ code: "secret-binary", context: { secret: secretId } }),
      );
      await expect(client.json(secretId)).rejects.toMatchObject({ code: "secret-binary" });
    }
  });

  test("Rotation is turned on for a secret of bytes: rotate, doctor and plan say secret-binary and what to do", async () => {
    const subject = await account();
    await put(subject, keystore);
    const shown = await refusal(subject);
    expect(shown).toContain("secret-binary");
    expect(shown).toContain("SecretString");
    expect(shown).not.toContain("check the secret's ARN");
    expect((await stage.rekey("plan-rotation", subject.name)).err).toContain("secret-binary");
  });

  test("A secret of bytes is to be mirrored: rekey mirror fails and says how to leave it out", async () => {
    const subject = await account();
    await stage.secrets.createSecret({ Name: subject.name, SecretBinary: keystore });
    const { code, out } = await stage.rekeyWith(stage.vault, "mirror", subject.name);
    expect([code, out]).toEqual([1, expect.stringContaining("secret-binary")]);
    const left = await vaultAdmin(stage.stack.vault)("GET", `secret/data/${subject.name}`);
    expect(left.status).toBe(404);
  });

  test("A secret of user name and password alone, as RDS manages them: the pool is told where to connect", async () => {
    const subject = await account();
    const { username, password } = subject;
    await stage.secrets.createSecret({ Name: subject.name, SecretString: JSON.stringify({ username, password }) });
    await using pool = createRotatingPool({ client, secretId: subject.name, pool: { ...subject.at, ssl: false } });
    expect((await pool.query("SELECT current_user AS user")).rows).toEqual([{ user: username }]);
  });

  test("A secret names a server, and the pool another one: the pool's wins, and the user is the secret's", async () => {
    const subject = await account();
    const wrong = { host: "nowhere.invalid", port: 1, dbname: "none", ssl: true };
    await stage.secrets.createSecret({ Name: subject.name, SecretString: JSON.stringify(fieldsOf(subject, wrong)) });
    await using pool = createRotatingPool({ client, secretId: subject.name, pool: { ...subject.at, ssl: false } });
    expect((await pool.query("SELECT current_user AS user")).rows).toEqual([{ user: subject.username }]);
  });

  test("Nobody says where to connect: the pool's error names the field and both places for it", async () => {
    const subject = await account();
    const { username, password } = subject;
    await stage.secrets.createSecret({ Name: subject.name, SecretString: JSON.stringify({ username, password }) });
    await using pool = createRotatingPool({ client, secretId: subject.name });
    await expect(pool.query("SELECT 1")).rejects.toMatchObject({
      code: "secret-malformed",
      context: { field: "host" },
      hint: expect.stringContaining("pool.host"),
    });
  });

  test("Rotation by rekey is turned on for a secret of user name and password alone: the missing fields are named", async () => {
    const subject = await account();
    const { username, password } = subject;
    await put(subject, JSON.stringify({ username, password }));
    const shown = await refusal(subject);
    expect(shown).toContain("field=engine, host problem=missing");
    expect(shown).toContain('add "engine" and "host"');
  });

  test.each([
    ["with its port", (host: string) => `${host}:5432`, "the port to the field port"],
    ["with a blank at its end", (host: string) => `${host} `, "has a blank"],
    ["as a URL", (host: string) => `postgres://${host}`, "without a scheme"],
    ["with a dot at its end", (host: string) => `${host}.`, "ends with a dot"],
  ])("The host is written %s: doctor names the field and what is wrong with it", async (_how, hostOf, problem) => {
    const subject = await account();
    await put(subject, JSON.stringify(fieldsOf(subject, { host: hostOf("canary.example") })));
    const shown = await refusal(subject);
    expect(shown).toContain("field=host");
    expect(shown).toContain(problem);
  });

  test.each(["rds!cluster-0a1b2c3d", "/team/db", "team/db/", "team//db", "team/../db"])(
    "A secret is named %s: it is mirrored to a key of its own, where a service that reads Vault finds it",
    async (name) => {
      const { address, rootToken } = stage.stack.vault;
      const login = { method: "token", token: new SecretValue(rootToken) } as const;
      await vaultKv2Mirror(connectVault({ address, login })).write(entryOf(name), inTime());
      await using reader = createSecretClient({ source: vaultSource({ address, login }), background: false });
      expect(await reader.json(name)).toMatchObject({ username: "app" });
    },
  );

  test("A name that Vault would read otherwise is mirrored by the command line, too", async () => {
    const { password, username } = await account();
    await stage.secrets.createSecret({ Name: "/field//odd/", SecretString: JSON.stringify({ username, password }) });
    const { code, out } = await stage.rekeyWith(stage.vault, "mirror", "/field//odd/");
    expect([code, out]).toEqual([0, expect.stringMatching(/^(?:written|unchanged)  \/field\/\/odd\//)]);
    const key = await vaultAdmin(stage.stack.vault)("GET", "secret/data/:2Ffield/:2Fodd:2F");
    expect(at(key.body, "data", "data", "username")).toBe(username);
  });
});

describe("what rekey does not own, it does not touch", () => {
  test("A secret has numbers, escapes, blanks and doubled members of its owner's: every byte but the password's stays", async () => {
    const subject = await account();
    const {
      username,
      at: { host, port },
    } = subject;
    const text = (password: string): string =>
      `{ "z":1, "engine":"postgres","host":"${host}","port":${port},\n  "username" : "${username}",\t"password":"${password}", "ssl":false,` +
      `"id":12345678901234567890,"rate":1e3,"one":1.0,"path":"\\/caf\\u00e9","a":{"b":[ 1 , 2.50 ]},"note":"x","note":"y"}`;
    await put(subject, text(subject.password));
    expect((await stage.rekey("rotate", subject.name, "--yes")).code).toBe(0);
    const after = await current(subject);
    const { password } = JSON.parse(after) as { readonly password: string };
    expect(password).not.toBe(subject.password);
    expect(after).toBe(text(password));
    expect(await whoLogsIn(subject, { username, password })).toBe(username);
  });

  test("A secret has two passwords in it: readers disagree on which counts, so it is refused by field", async () => {
    const subject = await account();
    const text = JSON.stringify(fieldsOf(subject)).replace("{", `{"password":"old-canary-0",`);
    await put(subject, text);
    const shown = await refusal(subject);
    expect(shown).toContain("field=password");
    expect(shown).toContain("occurs twice");
  });
});
