import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Stack, startStack } from "../../../local/stack.ts";
import { chromiumPath, launchChromium } from "../../support/chromium.ts";

let stack: Stack;
let secrets: SecretsManager;

beforeAll(async () => {
  stack = await startStack({ allowedHosts: ["stack.internal"] });
  secrets = new SecretsManager(stack.clientConfig);
  await secrets.createSecret({ Name: "db/orders", SecretString: "canary-aws" });
  await onVault("POST", "/v1/secret/data/orders", {}, { data: { password: "canary-vault" } });
});
afterAll(async () => {
  secrets.destroy();
  await stack.stop();
});

type Headers = Readonly<Record<string, string>>;

async function send(port: number, method: string, path: string, headers: Headers, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, method, path, headers, agent: false }, (answer) => {
      text(answer).then((content) => resolve(`${answer.statusCode} ${content}`), reject);
    });
    sent.once("error", reject).end(body);
  });
}

const awsPort = (): number => Number(new URL(stack.aws.endpoint).port);
const signed = {
  Authorization:
    "AWS4-HMAC-SHA256 Credential=any/20260101/us-east-1/secretsmanager/aws4_request, SignedHeaders=host, Signature=none",
  "Content-Type": "application/x-amz-json-1.1",
};

const onAws = async (operation: string, headers: Headers, input: object): Promise<string> =>
  send(
    awsPort(),
    "POST",
    "/",
    { ...signed, "X-Amz-Target": `secretsmanager.${operation}`, ...headers },
    JSON.stringify(input),
  );
const onVault = async (method: string, path: string, headers: Headers, input?: object): Promise<string> =>
  send(
    stack.vault.port,
    method,
    path,
    { "X-Vault-Token": stack.vault.rootToken, ...headers },
    input === undefined ? "" : JSON.stringify(input),
  );

const read = async (headers: Headers): Promise<readonly string[]> => [
  await onAws("GetSecretValue", headers, { SecretId: "db/orders" }),
  await onVault("GET", "/v1/secret/data/orders", headers),
];
const refused = [expect.stringMatching(/^403 (?!.*canary)/s), expect.stringMatching(/^403 (?!.*canary)/s)];

test("a page whose name was rebound to loopback reads no secret", async () => {
  for (const name of [
    "evil.example",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "2130706433",
    "0.0.0.0",
    "[::]",
  ]) {
    expect(await read({ Host: `${name}:${awsPort()}` })).toEqual(refused);
  }
});

test("a page whose name was rebound to loopback changes no secret", async () => {
  const Host = `evil.example:${awsPort()}`;
  expect(
    await onAws(
      "PutSecretValue",
      { Host },
      {
        SecretId: "db/orders",
        SecretString: "theirs",
        ClientRequestToken: crypto.randomUUID(),
      },
    ),
  ).toMatch(/^403 /);
  expect((await secrets.getSecretValue({ SecretId: "db/orders" })).SecretString).toBe("canary-aws");
  expect(await onVault("DELETE", "/v1/secret/metadata/orders", { Host })).toMatch(/^403 /);
  expect(await onVault("GET", "/v1/secret/data/orders", {})).toContain("canary-vault");
});

test("a page whose name was rebound to loopback lists nothing with Vault's own method", async () => {
  expect(await onVault("LIST", "/v1/secret/metadata", {})).toContain("orders");
  expect(await onVault("LIST", "/v1/secret/metadata", { Host: "evil.example" })).toMatch(/^403 /);
});

test("a page of another origin, also one on this machine, reads no secret under the right name", async () => {
  for (const Origin of ["https://evil.example", "http://localhost:3000", "null"]) {
    expect(await read({ Origin })).toEqual(refused);
  }
});

test("a request without an Origin that a page of another site makes a browser send is refused by what the browser says", async () => {
  for (const site of ["cross-site", "same-site", "same-origin"]) {
    expect(await read({ "Sec-Fetch-Site": site })).toEqual(refused);
  }
});

describe.skipIf(chromiumPath === undefined)("in Chromium", () => {
  test("a page reads no secret from AWS or Vault once its own name leads to loopback", async () => {
    const browser = await launchChromium("--host-resolver-rules=MAP evil.example 127.0.0.1");
    /** What a script gets from the origin of its page: loopback, under the attacker's name. */
    const fetched = async (
      port: number,
      path: string,
      options: { readonly method?: string; readonly headers: Headers; readonly body?: string },
    ): Promise<string> => {
      const tab = await browser.newPage();
      await tab.goto(`http://evil.example:${port}${path}`);
      return tab.evaluate(
        async ({ url, method = "GET", headers, body }) => {
          const answer = await fetch(url, { method, headers, ...(body === undefined ? {} : { body }) });
          return `${answer.status} ${await answer.text()}`;
        },
        { url: path, ...options },
      );
    };
    try {
      const headers = { ...signed, "X-Amz-Target": "secretsmanager.GetSecretValue" };
      const body = JSON.stringify({ SecretId: "db/orders" });
      const fromVault = { headers: { "X-Vault-Token": "root" } };
      expect([
        await fetched(awsPort(), "/", { method: "POST", headers, body }),
        await fetched(stack.vault.port, "/v1/secret/data/orders", fromVault),
      ]).toEqual(refused);
    } finally {
      await browser.close();
    }
  });
});
