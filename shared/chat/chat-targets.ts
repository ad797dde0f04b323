import { isMembers } from "../answers/members.ts";
import { RekeyError } from "../errors/rekey-error.ts";
import { defined } from "../secrets/defined.ts";
import type { Notice } from "./notice.ts";

const kinds = ["slack", "teams", "pagerduty"] as const;
const subjects = ["failures", "findings", "campaigns"] as const;

/** Where notices go: by configuration alone. */
export interface ChatTarget {
  readonly kind: (typeof kinds)[number];
  /** Whose text is the webhook's address, or PagerDuty's routing key. */
  readonly secret: string;
  readonly about: readonly Notice["about"][];
  /** The only origin that is posted to; it may be an internal one. */
  readonly origin?: string;
}

export const pagerDutyOrigin = "https://events.pagerduty.com";

function invalid(problem: string): RekeyError {
  const hint = 'use [{"kind":"slack","secret":"<ARN>","about":["failures","findings"]}]: docs/reference/chat.md';
  return new RekeyError("option-invalid", { context: { option: "REKEY_CHAT_TARGETS", problem }, hint });
}

function originOf(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  const url = typeof value === "string" ? URL.parse(value) : null;
  if (url?.origin !== value || !/^https?:$/.test(url.protocol)) throw invalid("origin");
  return url.origin;
}

function aboutOf(value: unknown): ChatTarget["about"] {
  if (value === undefined) return ["failures", "findings"];
  const words: readonly unknown[] = Array.isArray(value) ? value : [];
  const about = subjects.filter((subject) => words.includes(subject));
  if (about.length === 0 || about.length !== words.length) throw invalid("about");
  return about;
}

function targetOf(value: unknown): ChatTarget {
  if (!isMembers(value)) throw invalid("not an object");
  const { kind, secret, about, origin, ...others } = value;
  const known = kinds.find((one) => one === kind);
  if (known === undefined) throw invalid("kind");
  if (typeof secret !== "string" || secret === "") throw invalid("secret");
  if (Object.keys(others).length > 0) throw invalid("a member that is unknown");
  return { kind: known, secret, about: aboutOf(about), ...defined({ origin: originOf(origin) }) };
}

/** From JSON: a list of ten at most. Errors: `option-invalid`, with nothing of the text. */
export function chatTargets(text: string): readonly ChatTarget[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw invalid("not JSON");
  }
  if (!Array.isArray(parsed) || parsed.length > 10) throw invalid("not a list of at most 10");
  return parsed.map(targetOf);
}
