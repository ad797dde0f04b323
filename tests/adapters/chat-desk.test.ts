import { afterEach, beforeEach, expect, test } from "vitest";
import { ChatDesk } from "../../shared/chat/chat-desk.ts";
import { chatLinks } from "../../shared/chat/chat-links.ts";
import { chatTargets } from "../../shared/chat/chat-targets.ts";
import { noticeOf } from "../../shared/chat/notice.ts";
import type { Trouble } from "../../shared/events/trouble.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";
import { chatCredential, type ChatServer, startChatServer } from "../support/chat-servers.ts";

const kinds = ["slack", "teams", "pagerduty"] as const;
type Kind = (typeof kinds)[number];
const call = { signal: AbortSignal.timeout(60_000) };
const at = new Date("2026-11-25T09:59:59.250Z");
const arn = (name: string): string => `arn:aws:secretsmanager:eu-west-1:123456789012:secret:${name}-AbCdEf`;
const links = chatLinks({ runbook: "https://docs.example.com/runbook" });
const failed = (name: string, change: object = {}) => {
  const trouble: Trouble = { kind: "failed", secretArn: arn(name), at, step: "setSecret", code: "access-denied" };
  return noticeOf({ ...trouble, ...change }, name, links);
};
const rotated = (name: string) =>
  noticeOf({ kind: "rotated", secretArn: arn(name), at, versionId: "v".repeat(36) }, name, links);

let servers: Readonly<Record<Kind, ChatServer>>;
let now = 0;
beforeEach(async () => {
  const [slack, teams, pagerduty] = await Promise.all([
    startChatServer("slack"),
    startChatServer("teams"),
    startChatServer("pagerduty"),
  ]);
  servers = { slack, teams, pagerduty };
  now = at.getTime();
});
afterEach(() => Object.values(servers).forEach(({ stop }) => stop()));

function deskOf(
  kind: Kind,
  more: { readonly credential?: string; readonly origin?: string | undefined } = {},
): ChatDesk {
  const { origin } = servers[kind];
  const { credential = chatCredential(kind, origin), ...change } = more;
  const [target] = chatTargets(JSON.stringify([{ kind, secret: `chat/${kind}`, origin, ...change }]));
  const value = new SecretValue(credential);
  const store = { read: async () => ({ versionId: "v1", value, createdAt: at }) };
  if (target === undefined) throw new Error("no target");
  return new ChatDesk(target, { store, nowMs: () => now });
}

test("the servers refuse what the real ones refuse", async () => {
  const post = async (kind: Kind, body: object, path?: string) => {
    const address =
      kind === "pagerduty" ? `${servers[kind].origin}/v2/enqueue` : chatCredential(kind, servers[kind].origin);
    const answer = await fetch(path === undefined ? address : servers[kind].origin + path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return [answer.status, await answer.text()];
  };
  expect(await post("slack", { blocks: [{ type: "section", text: { type: "mrkdwn", text: "x" } }] })).toEqual([
    400,
    "no_text",
  ]);
  expect(await post("slack", { text: "x" }, "/services/none")).toEqual([403, "invalid_token"]);
  expect(await post("teams", { text: "x" })).toEqual([400, "InvalidRequestContent"]);
  expect(await post("pagerduty", { event_action: "trigger" })).toEqual([400, expect.stringContaining("routing_key")]);
});

test.each(kinds)("%s takes one message of several notices, and says nothing twice within an hour", async (kind) => {
  const desk = deskOf(kind);
  const both = [failed("db/a"), failed("db/b"), failed("db/a")];
  expect(await desk.tell(both, call)).toEqual({ waiting: [] });
  const count = kind === "pagerduty" ? 2 : 1;
  expect(servers[kind].taken).toHaveLength(count);
  expect(JSON.stringify(servers[kind].taken)).toMatch(/db\/a.*db\/b/u);
  now += 1_800_000;
  expect(await desk.tell(both, call)).toEqual({ waiting: [] });
  expect(servers[kind].taken).toHaveLength(count);
  now += 1_800_001;
  await desk.tell(both, call);
  expect(servers[kind].taken).toHaveLength(2 * count);
  expect(servers[kind].refused).toEqual([]);
});

test.each(kinds)("a rotation ends the silence about %s, and PagerDuty's incident", async (kind) => {
  const desk = deskOf(kind);
  await desk.tell([failed("db/a")], call);
  now += 20_000;
  await desk.tell([rotated("db/a")], call);
  now += 20_000;
  await desk.tell([failed("db/a")], call);
  const actions = servers[kind].taken.map(({ event_action }) => event_action);
  expect(actions).toEqual(kind === "pagerduty" ? ["trigger", "resolve", "trigger"] : [undefined, undefined]);
});

test.each(kinds)("%s is left in peace for as long as it asks, and what waited comes in one message", async (kind) => {
  const desk = deskOf(kind);
  servers[kind].next.push({ status: 429, text: "rate_limited", headers: { "retry-after": "90" } });
  const first = await desk.tell([failed("db/a")], call);
  expect(first.waiting).toHaveLength(1);
  expect(first.failure).toMatchObject({ code: "chat-unavailable", retryAfterMs: 90_000 });
  now += 89_000;
  expect(await desk.tell([failed("db/a"), failed("db/b")], call)).toMatchObject({ waiting: [{}, {}] });
  expect(servers[kind].refused).toHaveLength(1);
  now += 1_001;
  expect(await desk.tell([failed("db/a"), failed("db/b")], call)).toEqual({ waiting: [] });
  expect(servers[kind].taken).toHaveLength(kind === "pagerduty" ? 2 : 1);
});

test.each([
  ["soon", 30_000],
  ["999999999", 3_600_000],
  ["0", 1_000],
])("a rest of %s is bounded", async (header, retryAfterMs) => {
  servers.slack.next.push({ status: 429, text: "", headers: { "retry-after": header } });
  const { failure } = await deskOf("slack").tell([failed("db/a")], call);
  expect(failure).toMatchObject({ retryAfterMs });
});

test("a flood: messages keep their distance, and PagerDuty gets 25 incidents at a time", async () => {
  const many = Array.from({ length: 100 }, (_, index) => failed(`db/${index}`));
  const slack = deskOf("slack");
  expect(await slack.tell(many.slice(0, 50), call)).toEqual({ waiting: [] });
  expect((await slack.tell(many, call)).waiting).toHaveLength(50);
  expect(servers.slack.taken).toHaveLength(1);
  expect((await deskOf("pagerduty").tell(many, call)).waiting).toHaveLength(75);
  expect(servers.pagerduty.taken).toHaveLength(25);
});

test.each([
  ["slack", 404, "chat-refused"],
  ["slack", 410, "chat-refused"],
  ["teams", 401, "chat-refused"],
  ["pagerduty", 400, "chat-refused"],
  ["pagerduty", 502, "chat-unavailable"],
  ["slack", 307, "chat-refused"],
] as const)("%s that answers %i is %s, without the address", async (kind, status, code) => {
  const elsewhere = { location: `${servers.teams.origin}/workflows/x` };
  servers[kind].next.push({ status, text: "canary", headers: elsewhere });
  const { waiting, failure } = await deskOf(kind).tell([failed("db/a")], call);
  expect(waiting).toHaveLength(1);
  expect(failure).toMatchObject({ code, context: { target: kind, secret: `chat/${kind}`, status } });
  expect(JSON.stringify([failure, String(failure)])).not.toContain("canary");
  expect(servers.teams.taken).toEqual([]);
});

test.each([
  ["slack", "nonsense canary"],
  ["slack", "https://user:canary@hooks.example.com/services/x"],
  ["slack", "https://hooks.example.com/services/canary"],
  ["teams", "file:///canary"],
  ["pagerduty", "canary"],
] as const)("%s with a secret of another form is told by its code and not by its text", async (kind, credential) => {
  const { failure } = await deskOf(kind, { credential }).tell([failed("db/a")], call);
  expect(failure).toMatchObject({ code: "secret-malformed", context: { secret: `chat/${kind}` } });
  expect(JSON.stringify([failure, String(failure)])).not.toContain("canary");
});

test("without an origin of the configuration's, who writes the secret reaches public https alone", async () => {
  const inside = { origin: undefined, credential: "https://127.0.0.1:1/services/canary" };
  expect((await deskOf("slack", inside).tell([failed("db/a")], call)).failure).toMatchObject({
    code: "chat-refused",
    context: { reason: "internal" },
  });
  const plain = { origin: undefined, credential: chatCredential("slack", servers.slack.origin) };
  expect((await deskOf("slack", plain).tell([failed("db/a")], call)).failure).toMatchObject({
    code: "secret-malformed",
  });
  expect(servers.slack.taken).toEqual([]);
});

test("a service that is away, and time that is over", async () => {
  const origin = "http://127.0.0.1:1";
  const away = deskOf("slack", { origin, credential: chatCredential("slack", origin) });
  expect((await away.tell([failed("db/a")], call)).failure).toMatchObject({ code: "chat-unavailable" });
  const late = await deskOf("slack").tell([failed("db/a")], { signal: AbortSignal.abort() });
  expect(late.failure).toMatchObject({ code: "time-budget-spent" });
});
