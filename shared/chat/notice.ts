import { codes } from "../errors/codes.ts";
import { findingFacts, type Trouble } from "../events/trouble.ts";
import type { ChatLinks, NoticeLink } from "./chat-links.ts";

/** PagerDuty's words, the worst first. */
export const severities = ["critical", "error", "warning", "info"] as const;

/** What a chat is told of one secret or one campaign. Only `subject` is a name that somebody else chose. */
export interface Notice {
  /** The same for the same trouble of the same secret. */
  readonly key: string;
  /** Of the incident: troubles that one rotation fixes share it. */
  readonly incident: string;
  readonly about: "failures" | "findings" | "campaigns";
  readonly severity: (typeof severities)[number];
  readonly subject: string;
  readonly text: string;
  readonly links: readonly NoticeLink[];
  readonly atMs: number;
  /** Ends the incident. */
  readonly resolves: boolean;
}

const longestSubject = 120;

/** A secret's name with no character that a secret's name cannot have, and not longer than a line. */
export function plainName(name: string): string {
  const plain = name.replaceAll(/[^A-Za-z0-9/_+=.@!-]/gu, "?");
  return plain.length > longestSubject ? `${plain.slice(0, longestSubject - 1)}…` : plain;
}

/** The alarm of the same trouble, whose section of the runbook says what to do. */
const alarms: Readonly<Record<string, string>> = {
  "current-refused": "deadcredential",
  "pending-stuck": "stuckrotation",
  "rotation-overdue": "overduerotation",
};

type Told = Pick<Notice, "about" | "severity" | "text"> & { readonly section?: string | undefined };

function told(trouble: Exclude<Trouble, { kind: "rotated" }>): Told {
  switch (trouble.kind) {
    case "failed": {
      const { code, step } = trouble;
      if (code === undefined) {
        return {
          about: "failures",
          severity: "error",
          text: `rotation failed in ${step}, with a code of its own engine`,
        };
      }
      const { disposition, meaning } = codes[code];
      const severity = disposition === "intervene" ? "critical" : "error";
      return { about: "failures", severity, text: `rotation failed in ${step}: ${code}, ${meaning}`, section: code };
    }
    case "stopped": {
      const { outcome, step } = trouble;
      const how = outcome === "failed" ? "failed" : "was abandoned";
      return {
        about: "failures",
        severity: "error",
        text: `rotation ${how}${step === undefined ? "" : ` in ${step}`}, says Secrets Manager`,
      };
    }
    case "finding": {
      const { finding, repaired } = trouble;
      return {
        about: "findings",
        severity: finding === "current-refused" || finding === "current-missing" ? "critical" : "warning",
        text: `found: ${finding}${repaired ? ", a repair was started" : ""}`,
        section: alarms[finding],
      };
    }
  }
}

/** `name` is what Secrets Manager calls the secret, not what the event does. */
export function noticeOf(trouble: Trouble, name: string, links: ChatLinks): Notice {
  const { secretArn, kind } = trouble;
  const common = { subject: plainName(name), atMs: trouble.at.getTime() };
  const part = kind === "finding" ? findingFacts[trouble.finding].part : "credential";
  const incident = `${secretArn} ${part}`;
  if (kind === "rotated") {
    const said = { about: "failures", severity: "info", text: "rotated" } as const;
    return { key: `${incident} rotated ${trouble.versionId}`, incident, ...common, ...said, links: [], resolves: true };
  }
  const { section, ...said } = told(trouble);
  const key = `${incident} ${said.text}`;
  return { key, incident, ...common, ...said, links: links.of(secretArn, section), resolves: false };
}

/** How a campaign ended, as its command counted. One that rotated every secret ends the incident of an earlier run. */
export function campaignNotice(
  {
    campaign,
    rotated,
    already,
    failed,
    left,
  }: Readonly<Record<"rotated" | "already" | "failed" | "left", number>> & {
    readonly campaign: string;
  },
  nowMs: number,
): Notice {
  const incident = `campaign ${campaign}`;
  const resolves = failed === 0 && left === 0;
  const text = `campaign ended: ${rotated} rotated, ${already} before, ${failed} failed, ${left} not begun`;
  const severity = failed > 0 ? "error" : left > 0 ? "warning" : "info";
  const subject = plainName(campaign);
  return { key: incident, incident, about: "campaigns", severity, subject, text, links: [], atMs: nowMs, resolves };
}
