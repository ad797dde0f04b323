import type { Agent, IncomingHttpHeaders, request } from "node:http";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface Request {
  readonly method: "GET" | "POST" | "PUT";
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
}

/** Twenty secrets of 64 KB, each byte of them escaped. */
const mostCharacters = 20 * 65_536 * 6;
interface Way {
  readonly send: typeof request;
  readonly agent: Agent;
}

/** By scheme. Made by the first request, so that who reads nothing at a cold start does not wait for it. */
const ways = new Map<string, Promise<Way>>();

async function newWay(scheme: string): Promise<Way> {
  const { Agent: KeepingAgent, request: send } = await (scheme === "https:"
    ? import("node:https")
    : import("node:http"));
  return { send, agent: new KeepingAgent({ keepAlive: true }) };
}

async function wayOf(scheme: string): Promise<Way> {
  const way = ways.get(scheme) ?? newWay(scheme);
  ways.set(scheme, way);
  return way;
}

/** One request over connections that are kept. Follows nothing. Rejects with what Node.js says, or the signal's reason. */
export async function exchanged({ method, url, headers, body = "", signal }: Request): Promise<Answer> {
  const { send, agent } = await wayOf(url.protocol);
  return new Promise((resolve, reject) => {
    const length = { "content-length": Buffer.byteLength(body) };
    const sent = send(url, { method, headers: { ...headers, ...length }, agent, signal });
    sent.once("error", reject);
    sent.once("response", (answer) => {
      let text = "";
      answer.setEncoding("utf8");
      answer.on("data", (part: string) => {
        text += part;
        if (text.length > mostCharacters)
          answer.destroy(Object.assign(new Error("the answer does not end"), { code: "EMSGSIZE" }));
      });
      answer.once("error", reject);
      answer.once("close", () => {
        if (answer.complete) resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text });
        else reject(Object.assign(new Error("the answer was cut"), { code: "ECONNRESET" }));
      });
    });
    sent.end(body);
  });
}
