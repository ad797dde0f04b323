import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import type { ServerCertificate } from "../../shared/testing/engine-contract/fixture.ts";
import { answeringHttp } from "./listening.ts";
import type { SaasKey, SaasRequest, SaasShape } from "./saas-shapes.ts";

/** An API that makes its keys itself, and that can be told to fail. */
export interface SaasServer {
  readonly port: number;
  /** By id, in the order in which they were made. */
  readonly keys: ReadonlyMap<string, SaasKey>;
  readonly requests: readonly SaasRequest[];
  /** Requests that showed no key that works. */
  readonly refusals: number;
  /** Puts a key into an account, as a human does. */
  give(key: SaasKey): void;
  take(id: string): void;
  /** So many requests that show a new key are refused before everyone knows it. */
  hideNewKeysFor(requests: number): void;
  /** Answers the request in the API's place when it returns true. */
  intercept: ((request: SaasRequest, answer: ServerResponse) => boolean) | undefined;
  /** The n-th request from now on, counted from 1, is cut before or after it took effect. */
  cut(at: number, takesEffect: boolean): void;
  stop(): Promise<void>;
}

/** The example's text, with the API at this origin. */
export function exampleAt(name: SaasShape["name"], origin?: string): string {
  const example = readFileSync(new URL(`../../examples/http-apis/${name}.json`, import.meta.url), "utf8");
  return origin === undefined ? example : example.replaceAll(/"origin": "[^"]+"/gu, `"origin": "${origin}"`);
}

async function requestIn(message: IncomingMessage): Promise<SaasRequest> {
  const [path = "", query = ""] = (message.url ?? "").split(/\?(.*)/su);
  const sent = await text(message);
  const isForm = message.headers["content-type"] === "application/x-www-form-urlencoded";
  const body: unknown = isForm
    ? Object.fromEntries(new URLSearchParams(sent))
    : sent === ""
      ? undefined
      : JSON.parse(sent);
  const { authorization = "" } = message.headers;
  return { method: message.method ?? "", path, query: new URLSearchParams(query), authorization, body };
}

export async function startSaas(shape: SaasShape, tls?: ServerCertificate): Promise<SaasServer> {
  const keys = new Map<string, SaasKey>();
  const hidden = new Map<string, number>();
  const requests: SaasRequest[] = [];
  let hiddenFor = 0;
  let refusals = 0;
  let countdown: { left: number; readonly takesEffect: boolean } | undefined;

  const accountKeys = {
    shown(isIt: (key: SaasKey) => boolean): SaasKey | undefined {
      const key = [...keys.values()].find(isIt);
      const left = hidden.get(key?.id ?? "") ?? 0;
      if (key !== undefined && left > 0) hidden.set(key.id, left - 1);
      return left > 0 ? undefined : key;
    },
    of: (account: string) => [...keys.values()].filter((key) => key.account === account),
    make(made: SaasKey): SaasKey {
      keys.set(made.id, made);
      hidden.set(made.id, hiddenFor);
      return made;
    },
    remove: (account: string, id: string) => keys.get(id)?.account === account && keys.delete(id),
  };

  async function onRequest(message: IncomingMessage, answer: ServerResponse): Promise<void> {
    const request = await requestIn(message);
    requests.push(request);
    const isCut = countdown !== undefined && --countdown.left === 0;
    if (isCut && countdown?.takesEffect === false) return void message.socket.destroy();
    if (server.intercept?.(request, answer) === true) return;
    const { status, body } = shape.answer(request, accountKeys);
    if (status === 401) refusals++;
    if (isCut) return void message.socket.destroy();
    answer.writeHead(status, { "content-type": "application/json" }).end(body && JSON.stringify(body));
  }

  const { port, stop } = await answeringHttp((message, answer) => void onRequest(message, answer), tls);
  const server: SaasServer = {
    keys,
    requests,
    get refusals() {
      return refusals;
    },
    port,
    give: (key) => void keys.set(key.id, key),
    take: (id) => void keys.delete(id),
    hideNewKeysFor(count) {
      hiddenFor = count;
    },
    intercept: undefined,
    cut(at, takesEffect) {
      countdown = { left: at, takesEffect };
    },
    stop,
  };
  return server;
}
