import { setTimeout } from "node:timers/promises";
import type { SecretClient } from "../../../shared/client/secret-client.ts";
import { isRekeyError } from "../../../shared/errors/rekey-error.ts";
import { defined } from "../../../shared/secrets/defined.ts";
import { setUpMs } from "./agent-limits.ts";
import type { AgentLog } from "./agent-log.ts";
import type { SearchingSource } from "./tag-search.ts";

const shortestPauseMs = 2_000;
const longestPauseMs = 60_000;

export interface ReadAhead {
  readonly client: Pick<SecretClient, "prefetch" | "peek" | "health">;
  readonly source: Pick<SearchingSource, "withTag">;
  readonly secretIds: readonly string[];
  readonly tags: readonly string[];
  /** How many secrets may be found by the tags. */
  readonly mostByTags: number;
  /** For the log, where it is not the agent's own identity that reads. */
  readonly roleArn: string | undefined;
}

/**
 * Reads secrets before they are asked for. One that cannot be read does not delay the start: each cause is logged once, and
 * the secret, or the search for a tag, is tried again until it succeeds or the signal fires.
 */
export async function readAhead(
  { client, source, secretIds, tags, mostByTags, roleArn }: ReadAhead,
  log: AgentLog["log"],
  signal: AbortSignal,
): Promise<void> {
  const role = defined({ roleArn });
  const causes = new Map<string, string>();
  const found = new Set<string>();

  function report(what: { readonly secretId: string } | { readonly tag: string }, code: string | undefined): void {
    const key = JSON.stringify(what);
    if (code === undefined || causes.get(key) === code) return;
    causes.set(key, code);
    log("not read ahead", { ...what, ...role, code });
  }

  /** The tags that could not be searched for. */
  async function searched(wanted: readonly string[]): Promise<readonly string[]> {
    const failed: string[] = [];
    for (const tag of wanted) {
      try {
        const call = { signal: AbortSignal.any([signal, AbortSignal.timeout(setUpMs)]) };
        const names = await source.withTag(tag, mostByTags, call);
        for (const name of names) if (found.size < mostByTags) found.add(name);
      } catch (error) {
        failed.push(tag);
        report({ tag }, isRekeyError(error) ? error.code : "internal-fault");
      }
    }
    return failed;
  }

  async function missing(ids: readonly string[]): Promise<readonly string[]> {
    await client.prefetch(ids);
    const left = ids.filter((secretId) => client.peek(secretId) === undefined);
    const codes = new Map(client.health().failing.map(({ secretId, code }) => [secretId, code]));
    for (const secretId of left) report({ secretId }, codes.get(secretId));
    return left;
  }

  async function again(ids: readonly string[], unsearched: readonly string[]): Promise<void> {
    let [left, tagsLeft] = [ids, unsearched];
    for (
      let pauseMs = shortestPauseMs;
      left.length + tagsLeft.length > 0;
      pauseMs = Math.min(2 * pauseMs, longestPauseMs)
    ) {
      await setTimeout(pauseMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      const before = new Set(found);
      tagsLeft = await searched(tagsLeft);
      left = await missing([...left, ...[...found].filter((name) => !before.has(name))]);
    }
    if (ids.length + unsearched.length > 0) log("read ahead", { secrets: secretIds.length + found.size, ...role });
  }

  const unsearched = await searched(tags);
  const left = await missing([...new Set([...secretIds, ...found])]);
  again(left, unsearched).catch(() => log("not read ahead", { ...role, code: "internal-fault" }));
}
