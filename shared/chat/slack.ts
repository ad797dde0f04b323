import type { Notice } from "./notice.ts";
import { fitting, headline } from "./summary.ts";

/** Slack takes 40 KB, and 3,000 characters in a section. */
const mostBytes = 38_000;
const mostCharacters = 3_000;

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** `verbatim`: what looks like an address, a channel or a mention stays text. A name is code, and has no backtick. */
const section = (text: string): object => ({
  type: "section",
  text: { type: "mrkdwn", text, verbatim: true },
});

function lineOf({ severity, subject, text, links }: Notice): string {
  const line = `*${severity}* \`${escaped(subject)}\`: ${escaped(text)}`;
  const shown = links.map(({ text: label, href }) => `<${escaped(href.replaceAll("|", "%7C"))}|${label}>`);
  const whole = [line, ...shown].join(" · ");
  return whole.length > mostCharacters ? line : whole;
}

/** The body for an incoming webhook. */
export const slackMessage = (notices: readonly Notice[]): object =>
  fitting(notices, mostBytes, (shown, others) => ({
    text: headline(notices),
    blocks: [
      section(`*${headline(notices)}*`),
      ...shown.map((notice) => section(lineOf(notice))),
      ...(others === 0 ? [] : [section(`and ${others} more`)]),
    ],
    unfurl_links: false,
    unfurl_media: false,
  }));
