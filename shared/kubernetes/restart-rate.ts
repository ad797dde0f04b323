import { memberAt } from "../answers/member-at.ts";
import { RekeyError } from "../errors/rekey-error.ts";
import type { CallOptions } from "../ports/call.ts";
import { type ApiServerOptions, askApiServer } from "./api-server.ts";

/** A ConfigMap in which the restarts of the last minute are counted, for every process that restarts workloads of the cluster. */
export const rateObject = "rekey-restarts";
const member = "recent";
const minuteMs = 60_000;
const attempts = 5;

interface Rate {
  readonly namespace: string;
  readonly restartsPerMinute: number;
  readonly nowMs: () => number;
}

/** Times of the last minute. One in the future would hold all restarts up, so it does not count. */
const recentIn = (text: unknown, nowMs: number): readonly number[] =>
  (typeof text === "string" ? text.split(" ") : [])
    .map(Number)
    .filter((atMs) => atMs > nowMs - minuteMs && atMs <= nowMs)
    .toSorted((one, other) => one - other);

/**
 * Takes up to so many restarts from the cluster's rate, before they are made: who dies in between has used them up. Two processes
 * never take the same one, since each writes on top of the revision that it read. `waitMs`: when the oldest is a minute old. Errors: those of the
 * API server; `kubernetes-refused` without the ConfigMap.
 */
export async function takeRestarts(
  server: ApiServerOptions,
  { namespace, restartsPerMinute, nowMs }: Rate,
  wanted: number,
  call: CallOptions,
): Promise<{ readonly taken: number; readonly waitMs: number }> {
  const path = `/api/v1/namespaces/${namespace}/configmaps/${rateObject}`;
  const context = { cluster: server.name, namespace, object: rateObject };
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const now = nowMs();
    const found = await askApiServer(server, { method: "GET", path }, call);
    if (found.outcome !== "done") {
      const hint = "apply what rekey kubernetes-manifests prints for this cluster";
      throw new RekeyError("kubernetes-refused", { context: { ...context, problem: "it does not exist" }, hint });
    }
    const recent = recentIn(memberAt(found.object, "data", member), now);
    const taken = Math.max(Math.min(wanted, restartsPerMinute - recent.length), 0);
    const waitMs = taken === wanted ? 0 : Math.max((recent[0] ?? now) + minuteMs - now, 1_000);
    if (taken === 0) return { taken, waitMs };
    const resourceVersion = memberAt(found.object, "metadata", "resourceVersion");
    const times = [...recent, ...Array<number>(taken).fill(now)].join(" ");
    const body = { metadata: { resourceVersion }, data: { [member]: times } };
    const written = await askApiServer(server, { method: "PATCH", path, body }, call);
    if (written.outcome === "done") return { taken, waitMs };
  }
  throw new RekeyError("kubernetes-unavailable", { context: { ...context, reason: "conflict" } });
}
