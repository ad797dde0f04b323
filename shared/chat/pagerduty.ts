import { createHash } from "node:crypto";
import type { Notice } from "./notice.ts";
import { worstFirst } from "./summary.ts";

export interface PagerDutyEvent {
  /** Without the routing key. */
  readonly body: object;
  readonly notices: readonly Notice[];
}

const mostCharacters = 1_024;

/** An ARN may be longer than the 255 characters of a key. */
const dedupKey = (incident: string): string => `rekey/${createHash("sha256").update(incident).digest("hex")}`;

function bodyOf(incident: string, notices: readonly Notice[]): object {
  const dedup_key = dedupKey(incident);
  const latestMs = Math.max(...notices.map(({ atMs }) => atMs));
  const troubles = worstFirst(notices.filter(({ resolves }) => !resolves));
  const [worst] = troubles;
  const isOver = notices.some(({ resolves, atMs }) => resolves && atMs === latestMs);
  if (worst === undefined || (isOver && troubles.every(({ atMs }) => atMs < latestMs))) {
    return { event_action: "resolve", dedup_key };
  }
  const { about, severity, subject } = worst;
  const texts = [...new Set(troubles.map(({ text }) => text))];
  return {
    event_action: "trigger",
    dedup_key,
    client: "rekey",
    links: worst.links.map(({ href, text }) => ({ href, text })),
    payload: {
      summary: `${subject}: ${texts.join("; ")}`.slice(0, mostCharacters),
      source: subject,
      severity,
      component: "rekey",
      class: about,
    },
  };
}

/** For the Events API, version 2: one event for each incident, the worst first. */
export function pagerDutyEvents(notices: readonly Notice[]): readonly PagerDutyEvent[] {
  const byIncident = Map.groupBy(worstFirst(notices), ({ incident }) => incident);
  return [...byIncident].map(([incident, grouped]) => ({ body: bodyOf(incident, grouped), notices: grouped }));
}
