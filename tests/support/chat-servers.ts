import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { list, record, recordList } from "../../local/aws/members.ts";
import { isMembers, type Members } from "../../shared/answers/members.ts";

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}
export interface ChatServer {
  readonly origin: string;
  /** The bodies that were taken, and those that were not. */
  readonly taken: Members[];
  readonly refused: { readonly status: number; readonly text: string }[];
  /** Answers of the next requests, whatever they are. */
  readonly next: Answer[];
  readonly stop: () => void;
}

type Judge = (path: string, body: Members, bytes: number) => Answer;

const isText = (value: unknown, most: number): boolean =>
  typeof value === "string" && value !== "" && value.length <= most;
const only = (members: Members, names: readonly string[]): boolean =>
  Object.keys(members).every((name) => names.includes(name));

/** As the documentation of incoming webhooks and of Block Kit says. */
const slack: Judge = (path, body, bytes) => {
  const bad = (text: string): Answer => ({ status: 400, text });
  if (!/^\/services\/T\w+\/B\w+\/\w+$/u.test(path)) return { status: 403, text: "invalid_token" };
  if (bytes > 40_000) return { status: 413, text: "msg_too_long" };
  if (!isText(body["text"], 40_000)) return bad("no_text");
  const blocks = recordList(body, "blocks");
  if (blocks.length === 0 || blocks.length > 50) return bad("invalid_blocks");
  for (const block of blocks) {
    const { type, text, verbatim } = record(block, "text");
    if (block["type"] !== "section" || type !== "mrkdwn" || !isText(text, 3_000)) return bad("invalid_blocks");
    if (verbatim !== undefined && typeof verbatim !== "boolean") return bad("invalid_blocks");
  }
  return only(body, ["text", "blocks", "unfurl_links", "unfurl_media"])
    ? { status: 200, text: "ok" }
    : bad("invalid_payload");
};

const isElement = (element: Members): boolean => {
  const { type, text } = element;
  if (type === "TextBlock") return isText(text, 28_000);
  const inlines = recordList(element, "inlines");
  const areRuns = inlines.every((run) => {
    const action = run["selectAction"];
    const isAction = action === undefined || (isMembers(action) && action["type"] === "Action.OpenUrl");
    return run["type"] === "TextRun" && isText(run["text"], 28_000) && isAction;
  });
  return type === "RichTextBlock" && inlines.length > 0 && areRuns;
};

/** As the documentation of a workflow's webhook and of adaptive cards says. */
const teams: Judge = (path, body, bytes) => {
  const bad = (text: string): Answer => ({ status: 400, text });
  if (!path.startsWith("/workflows/")) return { status: 401, text: "DirectApiAuthorizationRequired" };
  if (bytes > 28_672) return { status: 413, text: "RequestEntityTooLarge" };
  const [attachment, ...others] = recordList(body, "attachments");
  if (body["type"] !== "message" || attachment === undefined || others.length > 0) return bad("InvalidRequestContent");
  const card = record(attachment, "content");
  if (attachment["contentType"] !== "application/vnd.microsoft.card.adaptive") return bad("BotMessageNotSupported");
  if (card["type"] !== "AdaptiveCard" || !/^1\.[2-5]$/u.test(String(card["version"]))) return bad("BadCard");
  const elements = recordList(card, "body");
  return elements.length > 0 && elements.every(isElement) ? { status: 202, text: "" } : bad("BadCard");
};

/** As the reference of the Events API, version 2, says. */
const pagerduty: Judge = (path, body, bytes) => {
  const bad = (...errors: readonly string[]): Answer => ({
    status: 400,
    text: JSON.stringify({ status: "invalid event", message: "Event object is invalid", errors }),
  });
  if (path !== "/v2/enqueue") return { status: 404, text: "" };
  if (bytes > 512_000) return { status: 413, text: "" };
  const { routing_key, event_action, dedup_key } = body;
  if (!/^\w{32}$/u.test(String(routing_key))) return bad("'routing_key' is invalid");
  if (!["trigger", "acknowledge", "resolve"].includes(String(event_action))) return bad("'event_action' is invalid");
  if (!isText(dedup_key, 255)) return bad("'dedup_key' is invalid");
  if (event_action === "trigger") {
    const { summary, source, severity } = record(body, "payload");
    if (!isText(summary, 1_024)) return bad("'payload.summary' is missing, blank or too long");
    if (!isText(source, 255)) return bad("'payload.source' is missing or blank");
    if (!["critical", "error", "warning", "info"].includes(String(severity)))
      return bad("'payload.severity' is invalid");
    if (!list(body, "links").every((link) => isMembers(link) && isText(link["href"], 2_048))) return bad("'links'");
  }
  return { status: 202, text: JSON.stringify({ status: "success", message: "Event processed", dedup_key }) };
};

const judges = { slack, teams, pagerduty };

/** A service on loopback that refuses what the real one refuses. */
export async function startChatServer(kind: keyof typeof judges): Promise<ChatServer> {
  const taken: Members[] = [];
  const refused: ChatServer["refused"] = [];
  const next: Answer[] = [];

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const isJson = request.method === "POST" && request.headers["content-type"] === "application/json";
    const body: unknown = isJson ? JSON.parse(text) : undefined;
    const bad: Answer = { status: 400, text: "invalid_payload" };
    const judged = isMembers(body) ? judges[kind](request.url ?? "", body, Buffer.byteLength(text)) : bad;
    const given = next.shift() ?? judged;
    if (given.status < 300 && isMembers(body)) taken.push(body);
    else refused.push({ status: given.status, text: given.text });
    response.writeHead(given.status, given.headers).end(given.text);
  }

  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const stop = (): void => {
    server.closeAllConnections();
    server.close();
  };
  return { origin, taken, refused, next, stop };
}

/** What each service's secret has as its text. */
export const chatCredential = (kind: keyof typeof judges, origin: string): string =>
  ({
    slack: `${origin}/services/T0CANARY/B0CANARY/canaryslack`,
    teams: `${origin}/workflows/canaryteams?sig=canary`,
    pagerduty: "canarypagerduty".padEnd(32, "0"),
  })[kind];
