import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { CreateSecretCommand, RotateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startStack, type Stack } from "../local/stack.ts";
import { failureText } from "./output/failure-text.ts";

let stack: Stack;
let secretArn = "";

beforeAll(async () => {
  stack = await startStack();
  const { outputs } = await stack.deploy();
  const client = new SecretsManagerClient(stack.clientConfig);
  const value = { engine: "postgres", host: "127.0.0.1", port: 1, username: "app", password: "canary-cli-password" };
  const made = await client.send(new CreateSecretCommand({ Name: "db/orders", SecretString: JSON.stringify(value) }));
  secretArn = made.ARN ?? "";
  await client.send(
    new RotateSecretCommand({
      SecretId: secretArn,
      RotationLambdaARN: outputs["RotatePostgresArn"],
      RotationRules: { AutomaticallyAfterDays: 30 },
      RotateImmediately: false,
    }),
  );
  await stack.secretsManager.idle();
  client.destroy();
});
afterAll(async () => stack.stop());

async function rekey(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  return rekeyWith({}, ...words);
}

async function rekeyWith(
  variables: Readonly<Record<string, string>>,
  ...words: string[]
): Promise<{ code: number; out: string; err: string }> {
  const env = {
    ...process.env,
    AWS_ENDPOINT_URL: stack.aws.endpoint,
    AWS_REGION: stack.region,
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    ...variables,
  };
  return new Promise((done) => {
    execFile(process.execPath, [resolve(import.meta.dirname, "main.ts"), ...words], { env }, (error, out, err) => {
      expect(out + err).not.toContain("canary");
      done({ code: typeof error?.code === "number" ? error.code : 0, out, err });
    });
  });
}

test("plan-rotation prints calls, connections, statements and the window, and changes nothing", async () => {
  const { code, out } = await rekey("plan-rotation", "db/orders");
  expect(code).toBe(0);
  expect(out.replaceAll(secretArn, "<arn>")).toMatchInlineSnapshot(`
    "<arn>: single-user

    createSecret
      call        DescribeSecret
      call        GetSecretValue AWSCURRENT
      call        PutSecretValue AWSPENDING (write)

    setSecret
      call        GetSecretValue AWSPENDING
      call        GetSecretValue AWSCURRENT
      connection  app@127.0.0.1:1 (TLS verify-full)
      statement   SELECT pg_catalog.pg_backend_pid() AS process
      statement   BEGIN ISOLATION LEVEL READ COMMITTED
      statement   SET LOCAL search_path = pg_catalog, pg_temp
      statement   SET LOCAL SESSION AUTHORIZATION DEFAULT
      statement   SET LOCAL ROLE NONE
      statement   SET LOCAL client_min_messages = …
      statement   SET LOCAL lock_timeout = …
      statement   SET LOCAL statement_timeout = …
      statement   SET LOCAL idle_in_transaction_session_timeout = …
      statement   SELECT set_config(…, …, true)
      statement   SELECT pg_advisory_xact_lock(hashtext(…))
      statement   SELECT … JOIN pg_roles …
      statement   ALTER ROLE … WITH PASSWORD …
      statement   COMMIT
      call        GetSecretValue AWSPENDING

    testSecret
      call        GetSecretValue AWSPENDING
      connection  app@127.0.0.1:1 (TLS verify-full)

    finishSecret
      call        DescribeSecret
      call        UpdateSecretVersionStage AWSCURRENT (write)
      event       Secret Rotated

    form in which the server keeps the password: the form that the user's password has now
    window in which AWSCURRENT does not log in: from setSecret's commit to finishSecret's promotion; rekey's pools bridge it with AWSPENDING
    nothing was changed and no server was contacted
    "
  `);
});

test("doctor exits 1 for what would fail, and says what mends it", async () => {
  const { code, out } = await rekey("doctor", "db/orders", "--json");
  expect(code).toBe(1);
  const findings = JSON.parse(out) as readonly { code: string; severity: string; remedy: string }[];
  expect(findings).toContainEqual(expect.objectContaining({ code: "database-unreachable", severity: "error" }));
  expect(findings.map((found) => found.remedy)).not.toContain("");
  const text = (await rekey("doctor", "db/orders")).out;
  expect(text).toContain("error    database-unreachable: no connection to the database could be made");
});

test("redrive gives back what lies in the stack's dead-letter queues, and says how much", async () => {
  const dead = "arn:aws:sqs:us-east-1:123456789012:rekey-DeadLetterQueue";
  expect(await rekey("redrive", dead, "--json")).toMatchObject({ code: 0, out: '{"returned":0}\n' });
  const undelivered = "arn:aws:sqs:us-east-1:123456789012:rekey-UndeliveredEventsQueue";
  expect(await rekey("redrive", undelivered)).toMatchObject({ code: 0, out: `${undelivered}: 0 given back\n` });
  const { code, err } = await rekey("redrive", "arn:aws:sqs:us-east-1:123456789012:nowhere");
  expect([code, err]).toEqual([1, expect.stringContaining("queue-unavailable")]);
});

test.each([
  [["redrive"], "missing required argument 'queue'"],
  [["dance", "x"], "unknown command 'dance'"],
  [["statsu"], "Did you mean status?"],
  [["status", "--jsno"], "Did you mean --json?"],
  [["redrive", "a", "b"], "too many arguments"],
  [[], "Usage: rekey"],
])("%j is a wrong use: exit code 2 and how it is used", async (words, said) => {
  const { code, out, err } = await rekey(...words);
  expect([code, out, err]).toEqual([2, "", expect.stringContaining(said)]);
});

test("without credentials it says how to give them, and nothing but a fault's name is printed of a fault", async () => {
  const nobody = {
    AWS_ACCESS_KEY_ID: "",
    AWS_SECRET_ACCESS_KEY: "",
    AWS_EC2_METADATA_DISABLED: "true",
    HOME: "/nowhere",
  };
  const { code, out, err } = await rekeyWith(nobody, "history", "db/orders");
  expect([code, out]).toEqual([1, ""]);
  expect(err).toMatch(/^credentials-missing: [^]*pass --profile, or log in/);
  expect(failureText(new TypeError("canary")).join("\n")).toMatch(/^internal-fault: .*name=TypeError/);
});

test("a secret that is not there: exit code 1, the code and what to do", async () => {
  const { code, out, err } = await rekey("plan-rotation", "nobody");
  expect([code, out]).toEqual([1, ""]);
  expect(err).toContain("secret-not-found");
});

test("vault-policy prints the policy of the mirror, and refuses a mount that Vault would read otherwise", async () => {
  const { code, out } = await rekey("vault-policy", "secret");
  expect([code, out.match(/path "[^"]+"/g)]).toEqual([
    0,
    ['path "secret/data/*"', 'path "secret/delete/*"', 'path "secret/metadata/*"', 'path "secret/undelete/*"'],
  ]);
  expect(await rekey("vault-policy", '../x"')).toMatchObject({
    code: 1,
    err: expect.stringContaining("option-invalid"),
  });
});

test("doctor asks Vault, where the environment names one, whether the mirror may write", async () => {
  const client = new SecretsManagerClient(stack.clientConfig);
  const headers = { "X-Vault-Token": stack.vault.rootToken };
  const made = await fetch(`${stack.vault.address}/v1/auth/token/create`, {
    method: "POST",
    headers,
    body: JSON.stringify({ policies: ["default"] }),
  });
  const { auth } = (await made.json()) as { readonly auth: { readonly client_token: string } };
  await client.send(new CreateSecretCommand({ Name: "vault-token", SecretString: auth.client_token }));
  client.destroy();
  const variables = { VAULT_ADDR: stack.vault.address, VAULT_AUTH: "token", VAULT_CREDENTIAL_SECRET: "vault-token" };
  const { code, out } = await rekeyWith(variables, "doctor", "db/orders");
  expect(code).toBe(1);
  expect(out).toContain("mirror-path-denied");
  expect(out).toContain("path=secret/data/db/orders");
  expect(out).not.toContain(auth.client_token);
});

test("the doctor takes an address of Vault's alone for the caller's own, and not for the mirror's", async () => {
  const { out } = await rekeyWith({ VAULT_ADDR: "http://127.0.0.1:1" }, "doctor", "db/orders", "--json");
  const findings = JSON.parse(out) as readonly { code: string; detail?: string }[];
  expect(findings.map(({ code }) => code)).not.toContain("option-invalid");
  expect(findings.map(({ code }) => code)).not.toContain("mirror-unavailable");
});
