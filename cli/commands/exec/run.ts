import { createSecretClient } from "../../../shared/client/secret-client.ts";
import type { InvalidationSource } from "../../../shared/client/invalidation/invalidation-source.ts";
import type { Options, Run } from "../../command.ts";
import { textOption } from "../../options.ts";
import type { AgentPush } from "../agent/agent-limits.ts";
import { agentPush, valueSource } from "../agent/agent-wiring.ts";
import { type Delivery, readDelivery } from "./delivery.ts";
import { execLog } from "./exec-log.ts";
import { startGuard } from "./guard.ts";
import { becomeInit } from "./init.ts";
import { createNews, type News } from "./news.ts";
import { programSignals, type ProgramSignals } from "./program-signals.ts";
import { type ExecPlan, readPlan } from "./read-plan.ts";
import { runFiles } from "./run-files.ts";
import { supervise } from "./supervise.ts";

const requestTimeoutMs = 3_000;

async function pushOf(
  options: Options,
  secrets: readonly string[],
  signal: AbortSignal,
): Promise<AgentPush | undefined> {
  const said = (option: string, variable: string): string | undefined =>
    textOption(options, option) ?? process.env[variable];
  return agentPush(
    {
      topicArn: said("topicArn", "REKEY_TOPIC_ARN"),
      queueUrl: said("queueUrl", "REKEY_QUEUE_URL"),
      redisUrl: said("redisUrl", "REKEY_REDIS_URL"),
      redisChannel: said("redisChannel", "REKEY_REDIS_CHANNEL") ?? "rekey",
      redisKeySecret: said("redisKeySecret", "REKEY_REDIS_KEY_SECRET"),
      secrets,
    },
    signal,
  );
}

/** The same source; what may have been missed is asked for at once. */
const withGaps = (source: InvalidationSource, news: News): InvalidationSource => ({
  ...source,
  start: (sink) =>
    source.start({
      ...sink,
      gap() {
        sink.gap();
        news.tell();
      },
    }),
});

/** Waits for work unless a signal asks for the end. */
async function unlessEnded<Result>(work: Promise<Result>, { ending }: ProgramSignals): Promise<Result | undefined> {
  work.catch(() => undefined);
  const ended = new Promise<undefined>((resolve) => {
    if (ending.aborted) resolve(undefined);
    else ending.addEventListener("abort", () => resolve(undefined), { once: true });
  });
  return Promise.race([work, ended]);
}

async function runPlan(plan: ExecPlan, options: Options, signals: ProgramSignals): Promise<number> {
  const log = execLog();
  await using client = createSecretClient({
    source: await valueSource(process.env),
    ttlMs: plan.ttlMs,
    requestTimeoutMs,
  });
  const files = runFiles([...plan.templates.keys()], process.env);
  const guard = await startGuard(files, plan, () => log.say("its guard is gone: if rekey is killed, files stay"));
  const news = createNews(plan.ttlMs);
  let push: AgentPush | undefined;
  try {
    if (guard === undefined) log.say("there is no /bin/sh: if rekey is killed, files stay and the program runs on");
    if (plan.templates.size > 0 && !files.isInMemory)
      log.say("no tmpfs here: files are on disk while the program runs");
    push = await pushOf(options, plan.secretIds, signals.ending);
    if (push !== undefined) client.subscribe(withGaps(push.source, news));
    client.on("rotated", news.tell);
    client.on("error", ({ secretId, error }) => {
      log.failed(secretId ?? "subscription", error);
      if (secretId !== undefined) news.tellLater();
    });
    const first: Delivery | undefined = await unlessEnded(readDelivery(client, plan, files), signals);
    if (first === undefined) return signals.asked() ?? 1;
    files.write(first.contents);
    return await supervise({ plan, client, files, guard, signals, news, log }, first);
  } finally {
    news.stop();
    files.remove();
    await guard?.end();
    await push?.release().catch(() => log.say("its subscription is left behind"));
  }
}

/** Runs the program to its end. Errors: `option-invalid`, `template-invalid`, `member-unusable`, those of the first read. */
export const run: Run = async (words, options) => {
  const signals = programSignals();
  const plan = await readPlan(words, options);
  if (becomeInit(plan.graceMs) === "not-possible") {
    execLog().say("as process 1 this Node.js reaps no orphans: use docker run --init, or Node.js 22.15 with /bin/sh");
  }
  return runPlan(plan, options, signals);
};
