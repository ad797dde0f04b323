import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Stack, startStack } from "../../../local/stack.ts";
import { runRekey } from "../../../tests/support/run-rekey.ts";
import { stackVariables } from "../../../tests/support/stack-variables.ts";

let stack: Stack;
let secretArn = "";

beforeAll(async () => {
  stack = await startStack();
  const secrets = new SecretsManager(stack.clientConfig);
  const value = { engine: "postgres", host: "127.0.0.1", port: 1, username: "app", password: "canary-cli-password" };
  secretArn = (await secrets.createSecret({ Name: "db/orders", SecretString: JSON.stringify(value) })).ARN ?? "";
  secrets.destroy();
});
afterAll(async () => stack.stop());

async function planRotation(secretId: string) {
  const printed = await runRekey(["plan-rotation", secretId], { env: stackVariables(stack) });
  expect(printed.out + printed.err).not.toContain("canary");
  return printed;
}

test("it prints calls, connections, statements and the window, and changes nothing", async () => {
  const { code, out } = await planRotation("db/orders");
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

test("a secret that is not there: exit code 1, the code and what to do", async () => {
  const { code, out, err } = await planRotation("nobody");
  expect([code, out]).toEqual([1, ""]);
  expect(err).toContain("secret-not-found");
});
