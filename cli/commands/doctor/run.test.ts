import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { SQS } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CliStage, startCliStage } from "../../../tests/support/cli-stage.ts";

let stage: CliStage;
beforeAll(async () => {
  stage = await startCliStage();
  await stage.secret("db/orders", { team: "shop" });
  await stage.secret("db/stock", { team: "shop" });
  await stage.secrets.createSecret({
    Name: "nowhere",
    SecretString: JSON.stringify({ engine: "postgres", host: "127.0.0.1", port: 1, username: "u", password: "canary" }),
  });
  await stage.secrets.createSecret({
    Name: "db/ledger",
    SecretString: JSON.stringify({ engine: "db2", host: "h", username: "u", password: "canary" }),
    Tags: [{ Key: "rekey:mirror", Value: "true" }],
  });
});
afterAll(async () => stage.stop());

test("doctor without a secret tells of every one with findings, once of the set-up, and the totals", async () => {
  const { code, out, err } = await stage.rekey("doctor", "--tag", "team=shop");
  expect([code, err]).toEqual([0, ""]);
  const [setUp, ...others] = out.split("\n\n");
  expect(out.match(/^\S.*$/gm)?.filter((line) => !/^(?:error|warning) /.test(line))).toEqual([
    "set-up",
    expect.stringMatching(/^db\/(?:orders|stock)$/),
    expect.stringMatching(/^db\/(?:orders|stock)$/),
    "2 secrets: 2 with warnings",
  ]);
  expect(setUp).toMatchInlineSnapshot(`
    "set-up
    warning  iam-cannot-be-seen: the role's permissions could not be simulated
             role=arn:aws:iam::123456789012:role/rekey-RotatePostgresRole
             run the doctor with iam:SimulatePrincipalPolicy on the role"
  `);
  expect(others.toSorted()[1]).toMatchInlineSnapshot(`
    "db/orders
    warning  tls-not-verified: the connection to the database is not fully verified
             mode=disable
             remove ssl from the secret or rekey:tls from its tags (verify-full), and give the CA as sslrootcert"
  `);
});

test("one that would fail is exit code 1, and a line of its own for programs", async () => {
  const { code, out } = await stage.rekey("doctor", "--json");
  const lines = out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { secretArn?: string; name: string; findings: { code: string }[] });
  expect(lines.map(({ name }) => name).toSorted()).toEqual(["db/ledger", "db/orders", "db/stock", "set-up"]);
  expect(lines.find(({ name }) => name === "db/ledger")).toMatchObject({
    secretArn: "arn:aws:secretsmanager:us-east-1:123456789012:secret:db/ledger-<suffix>",
    findings: [{ code: "engine-unsupported", severity: "error" }],
  });
  expect(code).toBe(1);
  expect((await stage.rekey("doctor", "--search", "ledger")).out).toContain("\n1 secret: 1 with errors\n");
});

test("a Vault that cannot be reached is told once, as the set-up's, and is exit code 1", async () => {
  const { code, out } = await stage.rekeyWith(
    { ...stage.vault, VAULT_ADDR: "http://127.0.0.1:1" },
    "doctor",
    "--search",
    "orders",
  );
  expect([code, out.match(/mirror-unavailable:/g)]).toEqual([1, ["mirror-unavailable:"]]);
  expect(out).toMatch(/^set-up\nerror    mirror-unavailable/);
  const faulty = await stage.rekeyWith({ ...stage.vault, VAULT_TEMPLATES: "{" }, "doctor", "--search", "orders");
  expect([faulty.code, faulty.out]).toEqual([1, expect.stringMatching(/^set-up\nerror    option-invalid/)]);
  const reached = await stage.rekeyWith(stage.vault, "doctor", "--search", "orders");
  expect([reached.code, reached.out]).toEqual([0, expect.not.stringContaining("mirror-")]);
});

test("what lies in the stack's dead-letter queues is told, and nothing of another stack's", async () => {
  const sqs = new SQS(stage.stack.clientConfig);
  const QueueUrl = stage.outputs["DeadLetterQueueUrl"];
  await sqs.sendMessage({ QueueUrl, MessageBody: "{}" });
  const { out } = await stage.rekey("doctor", "--search", "orders");
  expect(out).toContain("queue=arn:aws:sqs:us-east-1:123456789012:rekey-DeadLetterQueue messages=1");
  const other = await stage.rekey("doctor", "--search", "orders", "--stack", "other");
  expect(other.out).not.toContain("dead-letters-waiting");
  await sqs.purgeQueue({ QueueUrl });
  sqs.destroy();
});

test("no secret to examine is said; a secret beside a choice among all is refused", async () => {
  expect(await stage.rekey("doctor", "--tag", "team=nobody")).toEqual({ code: 0, out: "no secrets\n", err: "" });
  const { code, err } = await stage.rekey("doctor", "db/orders", "--tag", "team=shop");
  expect([code, err]).toEqual([1, expect.stringContaining("name one secret, or choose among all")]);
});

test("of one secret it exits with 1 for what would fail, and says what to do about it", async () => {
  const { code, out } = await stage.rekey("doctor", "nowhere", "--json");
  expect(code).toBe(1);
  const findings = JSON.parse(out) as readonly { code: string; severity: string; remedy: string }[];
  expect(findings).toContainEqual(expect.objectContaining({ code: "database-unreachable", severity: "error" }));
  expect(findings.map((found) => found.remedy)).not.toContain("");
  const text = (await stage.rekey("doctor", "nowhere")).out;
  expect(text).toContain("error    database-unreachable: no connection to the database could be made");
});

test("it asks Vault, where the environment names one, whether the mirror may write", async () => {
  const headers = { "X-Vault-Token": stage.stack.vault.rootToken };
  const made = await fetch(`${stage.stack.vault.address}/v1/auth/token/create`, {
    method: "POST",
    headers,
    body: JSON.stringify({ policies: ["default"] }),
  });
  const { auth } = (await made.json()) as { readonly auth: { readonly client_token: string } };
  await stage.secrets.createSecret({ Name: "vault-token", SecretString: auth.client_token });
  const variables = {
    VAULT_ADDR: stage.stack.vault.address,
    VAULT_AUTH: "token",
    VAULT_CREDENTIAL_SECRET: "vault-token",
  };
  const { code, out } = await stage.rekeyWith(variables, "doctor", "nowhere");
  expect(code).toBe(1);
  expect(out).toContain("mirror-path-denied");
  expect(out).toContain("path=secret/data/nowhere");
  expect(out).not.toContain(auth.client_token);
});

test("it takes an address of Vault's alone for the caller's own, and not for the mirror's", async () => {
  const { out } = await stage.rekeyWith({ VAULT_ADDR: "http://127.0.0.1:1" }, "doctor", "nowhere", "--json");
  const findings = JSON.parse(out) as readonly { code: string; detail?: string }[];
  expect(findings.map(({ code }) => code)).not.toContain("option-invalid");
  expect(findings.map(({ code }) => code)).not.toContain("mirror-unavailable");
});

test("Ctrl-C ends it in order, while a server does not answer", async () => {
  const silent = createServer().listen(0, "127.0.0.1");
  await once(silent, "listening");
  const connected = once(silent, "connection") as Promise<[Socket]>;
  const { port } = silent.address() as AddressInfo;
  const value = { engine: "postgres", host: "127.0.0.1", port, username: "u", password: "canary" };
  await stage.secrets.createSecret({
    Name: "db/silent",
    SecretString: JSON.stringify(value),
    Tags: [{ Key: "rekey:mirror", Value: "true" }],
  });
  const { child, printed, code } = stage.spawnRekey("doctor", "--search", "silent");
  const [socket] = await connected;
  child.kill("SIGINT");
  expect([await code, printed]).toEqual([130, { out: "interrupted after no secrets\n", err: "" }]);
  socket.destroy();
  silent.close();
});
