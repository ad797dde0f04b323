import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import { expect, onTestFinished, test } from "vitest";
import { startStack } from "../../local/stack.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";
import { verifyWebhook, type WebhookEvent } from "../../shared/webhook/verify-webhook.ts";

test("a receiver that fails at first is told of a new version by the deployed template, in a request that it can verify", async () => {
  const key = "canary key of enough bytes";
  const verified: WebhookEvent[] = [];
  let refusals = 1;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString();
      const signature = String(request.headers["rekey-signature"]);
      const isUp = refusals-- <= 0;
      if (isUp) verified.push(verifyWebhook({ body, signature }, { keys: [new SecretValue(key)] }));
      response.writeHead(isUp ? 204 : 503).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const stack = await startStack();
  const secrets = new SecretsManager(stack.clientConfig);
  onTestFinished(async () => {
    secrets.destroy();
    await stack.stop();
  });
  const { ARN: WebhookKeySecretArn = "" } = await secrets.createSecret({ Name: "webhook-key", SecretString: key });
  const WebhookUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  await stack.deploy({ parameters: { WebhookUrl, WebhookKeySecretArn } });
  const { ARN, VersionId } = await secrets.createSecret({ Name: "db/app", SecretString: "{}" });
  await expect.poll(() => refusals, { timeout: 60_000 }).toBe(0);
  await stack.lambda.idle();
  await stack.clock.advance(180_000);
  await expect
    .poll(() => verified, { timeout: 60_000 })
    .toMatchObject([{ detailType: "Secret Rotated", detail: { secretArn: ARN, versionId: VersionId } }]);
  expect(JSON.stringify([stack.lambda.logs, stack.aws.requests])).not.toContain("canary");
});
