import { parseArgs } from "node:util";
import { agentMetrics } from "../shared/agent/agent-metrics.ts";
import { type Agent, startAgent } from "../shared/agent/agent-server.ts";
import { agentToken } from "../shared/agent/agent-token.ts";
import { createSecretClient } from "../shared/client/secret-client.ts";
import { RekeyError } from "../shared/errors/rekey-error.ts";
import { agentPush, agentSource } from "./agent-wiring.ts";

export const agentUsage = `usage: rekey agent [options]

Serves secrets over HTTP on loopback, as AWS's Secrets Manager Agent and its Lambda extension do, from rekey's cache.
Callers show the token of AWS_TOKEN, AWS_SESSION_TOKEN or AWS_CONTAINER_AUTHORIZATION_TOKEN (or file:///path of it).
With VAULT_ADDR and the mirror's other VAULT_ variables it reads what is mirrored into Vault.

  --port N                2773 unless given; 0 takes a free one
  --address IP            127.0.0.1 unless given
  --allow-remote          lets --address be one that other machines reach
  --allow-host NAME       a name that requests may give this host; may be repeated
  --path-prefix PATH      of the path style; /v1/ unless given
  --max-connections N     800 unless given
  --metrics IP:PORT       /ping and /metrics for probes and scrapers of other machines

  --topic-arn ARN         rekey's topic: makes a queue for this instance, and removes it at the end
  --queue-url URL         a queue of this instance's own that gets the topic's messages
  --redis-url URL         rediss://…, where rotations are published; REDIS_URL does the same
  --redis-channel NAME    rekey unless given

  --ttl SECONDS           how long a value is served without asking; 300 unless given
  --max-stale SECONDS     how long after that while the source fails; 3600 unless given
  --timeout MS            of one request to the source; 3000 unless given
  --max-secrets N         1000 unless given
  --prefetch ID           read at the start; may be repeated
  --drain-timeout MS      for requests under way at SIGTERM; 10000 unless given`;

const text = { type: "string" } as const;
const options = {
  port: text,
  address: text,
  "allow-remote": { type: "boolean", default: false },
  "allow-host": { type: "string", multiple: true, default: [] as string[] },
  "path-prefix": text,
  "max-connections": text,
  metrics: text,
  "topic-arn": text,
  "queue-url": text,
  "redis-url": text,
  "redis-channel": { type: "string", default: "rekey" },
  ttl: text,
  "max-stale": text,
  timeout: text,
  "max-secrets": text,
  prefetch: { type: "string", multiple: true, default: [] as string[] },
  "drain-timeout": text,
  help: { type: "boolean", default: false, short: "h" },
} as const;

const parse = (words: readonly string[]) => parseArgs({ args: [...words], options }).values;
type Given = ReturnType<typeof parse>;

function wrong(option: string, value: string): RekeyError {
  return new RekeyError("option-invalid", { context: { option, value } });
}

/** A member of an options object, and none where the option was not given. Errors: `option-invalid`. */
function number<Name extends string>(
  given: Given,
  option: keyof Given,
  name: Name,
  scale = 1,
): { [Key in Name]?: number } {
  const said = given[option];
  if (typeof said !== "string") return {};
  if (!/^\d+$/.test(said)) throw wrong(option, said);
  return { [name]: Number(said) * scale } as { [Key in Name]: number };
}

function metricsListener(said: string | undefined): { metricsListener?: { address: string; port: number } } {
  if (said === undefined) return {};
  const [, address, port] = /^(.+):(\d+)$/.exec(said) ?? [];
  if (address === undefined) throw wrong("metrics", said);
  return { metricsListener: { address: address.replace(/^\[|\]$/g, ""), port: Number(port) } };
}

/** Ids, numbers and codes only. */
function log(message: string, facts: object): void {
  console.log(JSON.stringify({ message, ...facts, at: new Date().toISOString() }));
}

async function serve(given: Given): Promise<void> {
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve());
  });
  const token = await agentToken(process.env);
  let agent: Agent | undefined;
  const metrics = agentMetrics(() => agent?.connections ?? 0);
  await using client = createSecretClient({
    source: await agentSource(process.env),
    ...number(given, "ttl", "ttlMs", 1_000),
    ...number(given, "max-stale", "maxStaleMs", 1_000),
    ...number(given, "timeout", "requestTimeoutMs"),
    ...number(given, "max-secrets", "maxSecrets"),
  });
  client.on("rotated", ({ secretId, version }) => log("rotated", { secretId, versionId: version.versionId }));
  client.on("stale", ({ secretId, ageMs, error }) => log("stale", { secretId, ageMs, code: error.code }));
  client.on("error", ({ secretId, error }) => log("error", { secretId, code: error.code, ...error.context }));
  const push = await agentPush({
    topicArn: given["topic-arn"],
    queueUrl: given["queue-url"],
    redisUrl: given["redis-url"] ?? process.env["REDIS_URL"],
    redisChannel: given["redis-channel"],
  });
  try {
    const unsubscribe = push && client.subscribe(push.source);
    await client.prefetch(given.prefetch);
    agent = await startAgent(client, metrics, {
      token,
      allowRemote: given["allow-remote"],
      allowedHosts: given["allow-host"],
      ...(given.address !== undefined && { address: given.address }),
      ...(given["path-prefix"] !== undefined && { pathPrefix: given["path-prefix"] }),
      ...number(given, "port", "port"),
      ...number(given, "max-connections", "maxConnections"),
      ...number(given, "drain-timeout", "drainTimeoutMs"),
      ...metricsListener(given.metrics),
    });
    log("listening", { port: agent.port, metricsPort: agent.metricsPort, push: push !== undefined });
    await stopped;
    await agent.stop();
    await unsubscribe?.();
    log("stopped", {});
  } finally {
    await metrics.stop();
    await push?.release().catch(() => log("subscription left behind", {}));
  }
}

/** Serves until SIGTERM or SIGINT. Returns the exit code. Errors: `option-invalid`, `invalidation-unavailable`, those of a login. */
export async function agentCommand(words: readonly string[]): Promise<number> {
  const given = parse(words);
  if (given.help) console.log(agentUsage);
  else await serve(given);
  return 0;
}
