import fc from "fast-check";
import { expect, test } from "vitest";
import { codes, type ErrorCode } from "../errors/codes.ts";
import { findingFacts, type Trouble } from "../events/trouble.ts";
import type { Finding } from "../events/rotation-event.ts";
import { chatLinks } from "./chat-links.ts";
import { campaignNotice, noticeOf, plainName } from "./notice.ts";
import { pagerDutyEvents } from "./pagerduty.ts";
import { slackMessage } from "./slack.ts";
import { teamsMessage } from "./teams.ts";

const arn = (name: string): string => `arn:aws:secretsmanager:eu-west-1:123456789012:secret:${name}-AbCdEf`;
const secretArn = arn("prod/orders");
const at = new Date("2026-11-25T09:59:59.250Z");
const links = chatLinks({ runbook: "https://docs.example.com/runbook", console: "https://rekey.example.com/" });
const failure: Trouble = { kind: "failed", secretArn, at, step: "testSecret", code: "credential-orphaned" };
const finding: Trouble = { kind: "finding", secretArn, at, finding: "rotation-overdue", repaired: false };
const rotated: Trouble = { kind: "rotated", secretArn, at, versionId: "5f0c1a52-3d0b-4f1c-9d0e-1f2a3b4c5d6e" };
const notices = [failure, finding].map((trouble) => noticeOf(trouble, "prod/orders", links));
const page = `https://rekey.example.com/secrets/${encodeURIComponent(secretArn)}`;

test("Slack's message", () => {
  expect(slackMessage(notices)).toEqual({
    text: "rekey: 1 failure, 1 finding",
    blocks: [
      "*rekey: 1 failure, 1 finding*",
      `*critical* \`prod/orders\`: rotation failed in testSecret: credential-orphaned, ${codes["credential-orphaned"].meaning} · <https://docs.example.com/runbook#credential-orphaned|runbook> · <${page}|console>`,
      `*warning* \`prod/orders\`: found: rotation-overdue · <https://docs.example.com/runbook#overduerotation|runbook> · <${page}|console>`,
    ].map((text) => ({ type: "section", text: { type: "mrkdwn", text, verbatim: true } })),
    unfurl_links: false,
    unfurl_media: false,
  });
});

test("Teams' card", () => {
  const run = (text: string, look: object = {}): object => ({ type: "TextRun", text, ...look });
  const open = (label: string, url: string): object => run(label, { selectAction: { type: "Action.OpenUrl", url } });
  expect(teamsMessage(notices.slice(1))).toEqual({
    type: "message",
    attachments: [
      {
        contentType: "application/vnd.microsoft.card.adaptive",
        contentUrl: null,
        content: {
          $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
          type: "AdaptiveCard",
          version: "1.4",
          msteams: { width: "Full" },
          body: [
            { type: "TextBlock", text: "rekey: 1 finding", weight: "Bolder", wrap: true },
            {
              type: "RichTextBlock",
              inlines: [
                run("warning", { weight: "Bolder" }),
                run(" "),
                run("prod/orders", { fontType: "Monospace" }),
                run(": found: rotation-overdue"),
                run(" · "),
                open("runbook", "https://docs.example.com/runbook#overduerotation"),
                run(" · "),
                open("console", page),
              ],
            },
          ],
        },
      },
    ],
  });
});

test("PagerDuty's events: one incident for what a rotation fixes, another for a mirror", () => {
  const mirror = noticeOf({ ...finding, finding: "mirror-older", repaired: true }, "prod/orders", links);
  const events = pagerDutyEvents([...notices, mirror]).map(({ body }) => body);
  expect(events).toEqual([
    {
      event_action: "trigger",
      dedup_key: expect.stringMatching(/^rekey\/[0-9a-f]{64}$/u),
      client: "rekey",
      links: [
        { text: "runbook", href: "https://docs.example.com/runbook#credential-orphaned" },
        { text: "console", href: page },
      ],
      payload: {
        summary: `prod/orders: rotation failed in testSecret: credential-orphaned, ${codes["credential-orphaned"].meaning}; found: rotation-overdue`,
        source: "prod/orders",
        severity: "critical",
        component: "rekey",
        class: "failures",
      },
    },
    expect.objectContaining({
      payload: expect.objectContaining({ summary: "prod/orders: found: mirror-older, a repair was started" }),
    }),
  ]);
  expect(new Set(events.map((event) => Reflect.get(event, "dedup_key"))).size).toBe(2);
});

test("a rotation resolves the incident of what was before it, and not of what came after", () => {
  const eventOf = (...troubles: Trouble[]) =>
    pagerDutyEvents(troubles.map((trouble) => noticeOf(trouble, "prod/orders", links)))[0]?.body;
  const later = { at: new Date(at.getTime() + 1_000) };
  const dedup_key: unknown = Reflect.get(eventOf(failure) ?? {}, "dedup_key");
  expect(eventOf(rotated)).toEqual({ event_action: "resolve", dedup_key });
  expect(eventOf(failure, { ...rotated, ...later })).toEqual({ event_action: "resolve", dedup_key });
  expect(eventOf({ ...rotated, ...later }, failure)).toEqual({ event_action: "resolve", dedup_key });
  expect(eventOf({ ...failure, ...later }, rotated)).toMatchObject({ event_action: "trigger", dedup_key });
  expect(eventOf(failure, rotated)).toMatchObject({ event_action: "trigger", dedup_key });
});

test("a campaign's end: an incident where something is left or failed, which a later run resolves", () => {
  const end = { campaign: "breach-1", rotated: 3, already: 1, failed: 1, left: 2 };
  const failed = campaignNotice(end, 0);
  const done = campaignNotice({ ...end, failed: 0, left: 0 }, 1);
  expect(JSON.stringify(slackMessage([failed]))).toContain(
    "campaign ended: 3 rotated, 1 before, 1 failed, 2 not begun",
  );
  expect(pagerDutyEvents([failed])[0]?.body).toMatchObject({ event_action: "trigger", payload: { severity: "error" } });
  expect(pagerDutyEvents([done])[0]?.body).toEqual({
    event_action: "resolve",
    dedup_key: Reflect.get(pagerDutyEvents([failed])[0]?.body ?? {}, "dedup_key"),
  });
});

const steps = ["createSecret", "setSecret", "testSecret", "finishSecret", "retirePrevious"] as const;
const anyTrouble: fc.Arbitrary<Trouble> = fc.oneof(
  fc.record({
    kind: fc.constant("failed" as const),
    secretArn: fc.string({ maxLength: 600 }),
    at: fc.constant(at),
    step: fc.constantFrom(...steps),
    code: fc.constantFrom(undefined, ...(Object.keys(codes) as ErrorCode[])),
  }),
  fc.record({
    kind: fc.constant("finding" as const),
    secretArn: fc.string({ maxLength: 600 }),
    at: fc.constant(at),
    finding: fc.constantFrom(...(Object.keys(findingFacts) as Finding[])),
    repaired: fc.boolean(),
  }),
);
const hostile = [
  "<!channel>",
  "<https://evil.example|here>",
  "[x](https://evil.example)",
  "`*bold*`\n",
  "‮",
  "@everyone",
];
const anyName = fc.oneof(fc.string({ maxLength: 600, unit: "binary" }), fc.constantFrom(...hostile));

test("whatever a secret is called, no service gets markup or a link of it, nor more than it takes", () => {
  const anyHeard = fc.array(fc.tuple(anyTrouble, anyName), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(anyHeard, (heard) => {
      const all = heard.map(([trouble, name]) => noticeOf(trouble, name, links));
      for (const { subject } of all) expect(subject).toMatch(/^[\w/+=.@!?-]{0,119}.?$/u);
      const slack = slackMessage(all);
      const texts = (Reflect.get(slack, "blocks") as { text: { text: string } }[]).map(({ text }) => text.text);
      for (const text of texts) {
        expect(text.length).toBeLessThanOrEqual(3_000);
        const markup = text.match(/<[^>]*>?/gu) ?? [];
        expect(markup.filter((link) => !/^<https:\/\/(?:docs|rekey)\.example\.com\//u.test(link))).toEqual([]);
      }
      expect(Buffer.byteLength(JSON.stringify(slack))).toBeLessThan(40_000);
      const teams = JSON.stringify(teamsMessage(all));
      expect(Buffer.byteLength(teams)).toBeLessThan(28_000);
      const urls = [...teams.matchAll(/"url":"([^"]*)"/gu)].map(([, url = ""]) => url);
      expect(urls.filter((url) => !/^https:\/\/(?:docs|rekey)\.example\.com\//u.test(url))).toEqual([]);
      for (const { body } of pagerDutyEvents(all)) {
        const { summary } = Reflect.get(body, "payload") as { summary: string };
        expect(summary.length).toBeLessThanOrEqual(1_024);
      }
    }),
    { numRuns: 60 },
  );
});

test("many are one message: the worst twenty, and how many more there are", () => {
  const mirrors = Array.from({ length: 300 }, (_, index) =>
    noticeOf({ ...finding, secretArn: arn(`db/${index}`), finding: "mirror-older" }, `db/${index}`, links),
  );
  const message = JSON.stringify(slackMessage([...mirrors, ...notices]));
  expect(message).toContain("rekey: 1 failure, 301 findings");
  expect(message).toContain("credential-orphaned");
  expect(message).toContain("and 282 more");
  expect(JSON.stringify(teamsMessage(mirrors))).toMatch(/and 2\d\d more/u);
});

test("without addresses there are no links; an address with a credential or of another kind is refused", () => {
  expect(noticeOf(failure, "a", chatLinks({})).links).toEqual([]);
  for (const runbook of ["javascript:alert(1)", "https://user:canary@docs.example.com/", "docs"]) {
    expect(() => chatLinks({ runbook })).toThrow(
      expect.objectContaining({ code: "option-invalid", message: expect.not.stringContaining("canary") }),
    );
  }
  expect(plainName("prod/orders")).toBe("prod/orders");
});
