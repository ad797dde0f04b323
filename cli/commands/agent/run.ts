import { once } from "node:events";
import { agentMetrics } from "../../../shared/agent/agent-metrics.ts";
import { type Agent, startAgent } from "../../../shared/agent/agent-server.ts";
import { agentToken } from "../../../shared/agent/agent-token.ts";
import { createSecretClient } from "../../../shared/client/secret-client.ts";
import { RekeyError } from "../../../shared/errors/rekey-error.ts";
import { agentLog } from "./agent-log.ts";
import { readAhead } from "./agent-prefetch.ts";
import { agentPush, agentSource } from "./agent-wiring.ts";
import type { Options, Run } from "../../command.ts";
import { flagOption, listOption, numberOption, textOption } from "../../options.ts";
import { stdoutOutlet } from "../../output/output.ts";

/** A member of an options object, and none where the option was not given. Errors: `option-invalid`. */
function number<Name extends string>(
  options: Options,
  option: string,
  name: Name,
  scale = 1,
): { [Key in Name]?: number } {
  const said = numberOption(options, option);
  if (said === undefined) return {};
  if (!Number.isInteger(said) || said < 0) throw wrong(option, String(said));
  return { [name]: said * scale } as { [Key in Name]: number };
}

function wrong(option: string, value: string): RekeyError {
  return new RekeyError("option-invalid", { context: { option, value } });
}

function text<Name extends string>(options: Options, option: string, name: Name): { [Key in Name]?: string } {
  const said = textOption(options, option);
  return said === undefined ? {} : ({ [name]: said } as { [Key in Name]: string });
}

function metricsListener(said: string | undefined): { metricsListener?: { address: string; port: number } } {
  if (said === undefined) return {};
  const [, address, port] = /^(.+):(\d+)$/.exec(said) ?? [];
  if (address === undefined) throw wrong("metrics", said);
  return { metricsListener: { address: address.replace(/^\[|\]$/g, ""), port: Number(port) } };
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, "abort");
}

/** Serves until Ctrl-C or SIGTERM. Errors: `option-invalid`, `invalidation-unavailable`, those of a login. */
export const run: Run = async (_words, options, { signal }) => {
  const token = await agentToken(process.env);
  let agent: Agent | undefined;
  const { log, dropped } = agentLog(stdoutOutlet, Date.now);
  const metrics = agentMetrics({ openConnections: () => agent?.connections ?? 0, droppedLogLines: dropped });
  await using client = createSecretClient({
    source: await agentSource(process.env),
    ...number(options, "ttl", "ttlMs", 1_000),
    ...number(options, "maxStale", "maxStaleMs", 1_000),
    ...number(options, "timeout", "requestTimeoutMs"),
    ...number(options, "maxSecrets", "maxSecrets"),
    ...number(options, "maxBytes", "maxBytes"),
  });
  client.on("rotated", ({ secretId, version }) => log("rotated", { secretId, versionId: version.versionId }));
  client.on("stale", ({ secretId, ageMs, error }) => log("stale", { secretId, ageMs, code: error.code }));
  client.on("error", ({ secretId, error }) => log("error", { secretId, code: error.code, ...error.context }));
  const push = await agentPush(
    {
      topicArn: textOption(options, "topicArn"),
      queueUrl: textOption(options, "queueUrl"),
      redisUrl: textOption(options, "redisUrl") ?? process.env["REDIS_URL"],
      redisChannel: textOption(options, "redisChannel") ?? "rekey",
      redisKeySecret: textOption(options, "redisKeySecret") ?? process.env["REDIS_CHANNEL_KEY_SECRET"],
    },
    signal,
  );
  let isLeftBehind = false;
  try {
    const unsubscribe = push && client.subscribe(push.source);
    await readAhead(client, listOption(options, "prefetch"), log, signal);
    agent = await startAgent(client, metrics, {
      token,
      allowRemote: flagOption(options, "allowRemote"),
      allowedHosts: listOption(options, "allowHost"),
      ...text(options, "address", "address"),
      ...text(options, "pathPrefix", "pathPrefix"),
      ...number(options, "port", "port"),
      ...number(options, "maxConnections", "maxConnections"),
      ...number(options, "headerTimeout", "headerTimeoutMs"),
      ...number(options, "newReads", "newReadsPerSecond"),
      ...number(options, "drainTimeout", "drainTimeoutMs"),
      ...metricsListener(textOption(options, "metrics")),
    });
    log("listening", { port: agent.port, metricsPort: agent.metricsPort, push: push !== undefined });
    await untilAborted(signal);
    await agent.stop();
    await unsubscribe?.();
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
