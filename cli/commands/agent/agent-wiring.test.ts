import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createPlainServer } from "node:http";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { listening } from "../../../tests/support/listening.ts";
import { certificate as another } from "../../../tests/support/loopback-certificate.ts";
import { certificate, key, roots } from "../../../tests/support/private-authority.ts";
import { agentSources } from "./agent-wiring.ts";

const lease = { auth: { client_token: "s.token", lease_duration: 3_600, renewable: true } };
const version = {
  data: {
    data: { value: "mirrored" },
    metadata: { version: 1, created_time: "2026-01-01T00:00:00Z", custom_metadata: null },
  },
};

const alone = { region: undefined, credentialsFile: undefined, roles: [], validates: false };

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "rekey-agent-"));
  onTestFinished(() => rmSync(made, { recursive: true }));
  return made;
}

test("the agent verifies Vault by the file that VAULT_CACERT names, as Vault's own command line does", async () => {
  const asked: string[] = [];
  await using server = await listening(
    createServer({ cert: certificate, key }, ({ url = "" }, response) => {
      asked.push(url);
      const answer = url.includes("/login") ? lease : version;
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
    }),
  );
  const at = folder();
  writeFileSync(join(at, "jwt"), "header.payload.signature");
  const read = async (pem: string): Promise<unknown> => {
    writeFileSync(join(at, "roots.pem"), pem);
    const vault = {
      VAULT_ADDR: `https://127.0.0.1:${server.port}`,
      VAULT_AUTH: "jwt",
      VAULT_ROLE: "agent",
      VAULT_JWT_FILE: join(at, "jwt"),
      VAULT_CACERT: join(at, "roots.pem"),
    };
    const { own: source } = await agentSources(vault, alone);
    return source.read("db/orders", { label: "AWSCURRENT" }, { signal: AbortSignal.timeout(10_000) });
  };
  await expect(read(another)).rejects.toMatchObject({ code: "tls-refused" });
  expect(asked).toEqual([]);
  await read(roots);
  expect(asked).toEqual([expect.stringContaining("/login"), expect.stringContaining("db/orders")]);
  await expect(read("no PEM")).rejects.toMatchObject({ code: "option-invalid", context: { option: "VAULT_CACERT" } });
});

test.each([
  ["signs its requests itself where the variables name keys and a region", {}, false],
  ["loads the SDK for a profile", { AWS_PROFILE: "orders" }, true],
  ["loads the SDK where there are no keys", { AWS_ACCESS_KEY_ID: undefined }, true],
  ["loads the SDK where there is no region", { AWS_REGION: undefined }, true],
])("the agent %s, and gives the same document", async (_what, change, isSdk) => {
  const agents: (string | undefined)[] = [];
  await using server = await listening(
    createPlainServer(({ headers }, response) => {
      agents.push(headers["user-agent"]);
      response.writeHead(200, { "content-type": "application/x-amz-json-1.1" });
      response.end(
        JSON.stringify({
          ARN: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:orders-AbCdEf",
          Name: "orders",
          VersionId: "v1",
          SecretString: "text",
          VersionStages: ["AWSCURRENT"],
          CreatedDate: 1_700_000_000.5,
        }),
      );
    }),
  );
  const variables = {
    AWS_REGION: "eu-west-1",
    AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
    AWS_SECRET_ACCESS_KEY: "secret",
    AWS_ENDPOINT_URL_SECRETS_MANAGER: `http://127.0.0.1:${server.port}`,
  };
  // The SDK reads the process's own.
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
  const { own: source } = await agentSources({ ...variables, ...change }, alone);
  const answer = await source.read("orders", { label: "AWSCURRENT" }, { signal: AbortSignal.timeout(10_000) });
  expect(agents.map((agent) => agent?.startsWith("aws-sdk-js") ?? false)).toEqual([isSdk]);
  expect(answer?.value.reveal()).toBe(
    '{"ARN":"arn:aws:secretsmanager:eu-west-1:123456789012:secret:orders-AbCdEf","Name":"orders","VersionId":"v1","SecretString":"text","VersionStages":["AWSCURRENT"],"CreatedDate":"1700000000.5"}',
  );
});
