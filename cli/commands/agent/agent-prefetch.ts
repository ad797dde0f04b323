import { setTimeout } from "node:timers/promises";
import type { SecretClient } from "../../../shared/client/secret-client.ts";
import type { AgentLog } from "./agent-log.ts";

const shortestPauseMs = 2_000;
const longestPauseMs = 60_000;

/**
 * Reads secrets before they are asked for. One that cannot be read does not delay the start: each cause is logged once, and
 * the secret is tried again until it is read or the signal fires.
 */
export async function readAhead(
  client: Pick<SecretClient, "prefetch" | "peek" | "health">,
  secretIds: readonly string[],
  log: AgentLog["log"],
  signal: AbortSignal,
): Promise<void> {
  const causes = new Map<string, string>();
  async function missing(ids: readonly string[]): Promise<readonly string[]> {
    await client.prefetch(ids);
    const left = ids.filter((secretId) => client.peek(secretId) === undefined);
    const codes = new Map(client.health().failing.map(({ secretId, code }) => [secretId, code]));
    for (const secretId of left) {
      const code = codes.get(secretId);
      if (code === undefined || causes.get(secretId) === code) continue;
      causes.set(secretId, code);
      log("not read ahead", { secretId, code });
    }
    return left;
  }
  async function again(ids: readonly string[]): Promise<void> {
    let left = ids;
    for (let pauseMs = shortestPauseMs; left.length > 0; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
      await setTimeout(pauseMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      left = await missing(left);
    }
    if (ids.length > 0) log("read ahead", { secrets: secretIds.length });
  }
  const left = await missing(secretIds);
  again(left).catch(() => log("not read ahead", { code: "internal-fault" }));
}
