import { request } from "node:http";
import { text } from "node:stream/consumers";
import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import { type Stack, startStack } from "../../local/stack.ts";
import { type AgentMetrics, agentMetrics } from "../../shared/agent/agent-metrics.ts";
import type { AgentOptions } from "../../shared/agent/agent-options.ts";
import { type Agent, startAgent } from "../../shared/agent/agent-server.ts";
import { secretsManagerDocuments } from "../../shared/agent/documents.ts";
import type { SecretClientOptions } from "../../shared/client/client-options.ts";
import { createSecretClient, type SecretClient } from "../../shared/client/secret-client.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";

export const agentTokenText = "canary-token-7f3c";
export const withToken = { "X-Aws-Parameters-Secrets-Token": agentTokenText };

export interface AgentAnswer {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** One request on a connection of its own, with any headers, which `fetch` does not send. */
export async function ask(
  port: number,
  path: string,
  options: {
    readonly method?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
  } = {},
): Promise<AgentAnswer> {
  const { method = "GET", headers = withToken, body } = options;
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, path, method, headers, agent: false }, (answer) => {
      text(answer).then(
        (content) => resolve({ status: answer.statusCode ?? 0, body: content, headers: answer.headers }),
        reject,
      );
    });
    sent.once("error", reject).end(body);
  });
}

export interface AgentStage extends AsyncDisposable {
  readonly stack: Stack;
  readonly secrets: SecretsManager;
  readonly client: SecretClient;
  readonly agent: Agent;
  readonly metrics: AgentMetrics;
  get(path: string): Promise<AgentAnswer>;
  /** A metric's value; `undefined`: it was never counted. */
  metric(name: string): Promise<number | undefined>;
}

/** An agent in this process before the local Secrets Manager. */
export async function agentStage(
  options: Partial<AgentOptions> = {},
  clientOptions: Omit<SecretClientOptions, "source"> = {},
): Promise<AgentStage> {
  const stack = await startStack();
  const secrets = new SecretsManager({ ...stack.clientConfig, maxAttempts: 1 });
  const metrics = agentMetrics({ openConnections: () => agent.connections, droppedLogLines: () => 0 });
  const client = createSecretClient({ source: secretsManagerDocuments(secrets), ...clientOptions });
  const agent: Agent = await startAgent(client, metrics, {
    token: new SecretValue(agentTokenText),
    port: 0,
    ...options,
  });
  const get = async (path: string): Promise<AgentAnswer> => ask(agent.port, path);
  return {
    stack,
    secrets,
    client,
    agent,
    metrics,
    get,
    async metric(name) {
      const { body } = await get("/metrics");
      const line = body.split("\n").find((each) => each.startsWith(`${name} `) || each.startsWith(`${name}{`));
      return line === undefined ? undefined : Number(line.split(" ").at(-1));
    },
    async [Symbol.asyncDispose]() {
      await agent.stop();
      await client.close();
      await metrics.stop();
      secrets.destroy();
      await stack.stop();
    },
  };
}
