import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import { agentMetrics } from "../../../shared/agent/agent-metrics.ts";
import { type Agent, startAgent } from "../../../shared/agent/agent-server.ts";
import { agentToken } from "../../../shared/agent/agent-token.ts";
import { createSecretClient, type SecretClient } from "../../../shared/client/secret-client.ts";
import { defined } from "../../../shared/secrets/defined.ts";
import type { Options, Run } from "../../command.ts";
import { textOption } from "../../options.ts";
import { stdoutOutlet } from "../../output/output.ts";
import { type AgentConfiguration, agentConfiguration } from "./agent-configuration.ts";
import { type AgentLog, agentLog } from "./agent-log.ts";
import { readAhead } from "./agent-prefetch.ts";
import { agentPush, type AgentSources, agentSources } from "./agent-wiring.ts";
import { sharedPush } from "./shared-push.ts";
import type { SearchingSource } from "./tag-search.ts";

interface Reader {
  readonly roleArn: string | undefined;
  readonly source: SearchingSource;
  readonly client: SecretClient;
}

function readerOf(
  source: SearchingSource,
  roleArn: string | undefined,
  options: AgentConfiguration["client"],
  log: AgentLog["log"],
): Reader {
  const role = defined({ roleArn });
  const client = createSecretClient({ source, metricAttributes: role, ...options });
  client.on("rotated", ({ secretId, version }) => log("rotated", { secretId, ...role, versionId: version.versionId }));
  client.on("stale", ({ secretId, ageMs, error }) => log("stale", { secretId, ...role, ageMs, code: error.code }));
  client.on("error", ({ secretId, error }) => log("error", { secretId, ...role, code: error.code, ...error.context }));
  return { roleArn, source, client };
}

const readersOf = (
  { own, byRole }: AgentSources,
  options: AgentConfiguration["client"],
  log: AgentLog["log"],
): readonly [Reader, ...Reader[]] => [
  readerOf(own, undefined, options, log),
  ...[...byRole].map(([roleArn, source]) => readerOf(source, roleArn, options, log)),
];

/** With a jitter nobody waits for it: a fleet that starts at once then asks at different moments. */
async function allReadAhead(
  readers: readonly Reader[],
  { secrets, tags, mostByTags, jitterMs }: AgentConfiguration["ahead"],
  log: AgentLog["log"],
  signal: AbortSignal,
): Promise<void> {
  const all = async (): Promise<void> => {
    for (const reader of readers) {
      const named = (entries: typeof secrets): readonly string[] =>
        entries.filter(({ roleArn }) => roleArn === reader.roleArn).map((entry) => entry.named);
      await readAhead({ ...reader, secretIds: named(secrets), tags: named(tags), mostByTags }, log, signal);
    }
  };
  if (jitterMs === 0) return all();
  setTimeout(Math.random() * jitterMs, undefined, { signal })
    .then(all)
    .catch(() => undefined);
}

const pushFrom = (options: Options) => ({
  topicArn: textOption(options, "topicArn"),
  queueUrl: textOption(options, "queueUrl"),
  redisUrl: textOption(options, "redisUrl") ?? process.env["REDIS_URL"],
  redisChannel: textOption(options, "redisChannel") ?? "rekey",
  redisKeySecret: textOption(options, "redisKeySecret") ?? process.env["REDIS_CHANNEL_KEY_SECRET"],
});

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, "abort");
}

/** Serves until Ctrl-C or SIGTERM. Errors: `option-invalid`, `invalidation-unavailable`, those of a login. */
export const run: Run = async (_words, options, { signal }) => {
  const configuration = await agentConfiguration(options);
  const token = await agentToken(process.env, configuration.tokenVariables);
  let agent: Agent | undefined;
  const { log, dropped } = agentLog(stdoutOutlet, Date.now, configuration.logLevel);
  const metrics = agentMetrics({ openConnections: () => agent?.connections ?? 0, droppedLogLines: dropped });
  const sources = await agentSources(process.env, configuration);
  const readers = readersOf(sources, configuration.client, log);
  const [{ client }] = readers;
  await using _closing = {
    [Symbol.asyncDispose]: async () => void (await Promise.all(readers.map(async (reader) => reader.client.close()))),
  };
  const push = await agentPush({ ...pushFrom(options), identity: sources.sdk }, signal);
  let isLeftBehind = false;
  try {
    const shared = push && sharedPush(push.source);
    const unsubscribe = shared && readers.map((reader) => reader.client.subscribe(shared));
    await allReadAhead(readers, configuration.ahead, log, signal);
    const roles = new Map(readers.flatMap((reader) => (reader.roleArn ? [[reader.roleArn, reader.client]] : [])));
    agent = await startAgent(client, metrics, { ...configuration.server, token, roles });
    log("listening", { port: agent.port, metricsPort: agent.metricsPort, push: push !== undefined });
    await untilAborted(signal);
    await agent.stop();
    await Promise.all((unsubscribe ?? []).map(async (stop) => stop()));
    log("stopped", {});
  } finally {
    await metrics.stop();
    await push?.release().catch(() => {
      isLeftBehind = true;
      log("subscription left behind", {});
    });
  }
  return isLeftBehind ? 1 : 0;
};
