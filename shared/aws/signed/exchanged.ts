import { Agent as HttpAgent, type IncomingHttpHeaders, request as requestHttp } from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";

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
const agents = {
  "http:": new HttpAgent({ keepAlive: true }),
  "https:": new HttpsAgent({ keepAlive: true }),
};

/** One request over connections that are kept. Follows nothing. Rejects with what Node.js says, or the signal's reason. */
export const exchanged = async ({ method, url, headers, body = "", signal }: Request): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const isTls = url.protocol === "https:";
    const send = isTls ? requestHttps : requestHttp;
    const agent = agents[isTls ? "https:" : "http:"];
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
