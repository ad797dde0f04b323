import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { answeringHttp } from "./listening.ts";

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
}

/** An API with accounts of at most two keys, as `docs/reference/http-api-key.md` describes it, that can be told to fail. */
export interface KeyServer {
  readonly port: number;
  /** Puts a key into an account. */
  give(id: string, key: string, account?: string): void;
  take(id: string): void;
  accountOf(id: string): string | undefined;
  accepts(id: string, key: string): boolean;
  /** Requests that showed no key of any account. */
  readonly refusals: number;
  /** Ids to keys. */
  readonly keys: ReadonlyMap<string, string>;
  readonly requests: readonly SeenRequest[];
  /** Answers the request in the server's place when it returns true. */
  intercept: ((request: SeenRequest, answer: ServerResponse) => boolean) | undefined;
  /** The n-th request from now on, counted from 1, is cut before or after it took effect. */
  cut(at: number, takesEffect: boolean): void;
  stop(): Promise<void>;
}

export async function startKeyServer(
  tls?: { readonly key: string; readonly certificate: string },
  header = "authorization",
): Promise<KeyServer> {
  const keys = new Map<string, string>();
  const accounts = new Map<string, string>();
  const idsOf = (account: string | undefined): readonly string[] =>
    [...keys.keys()].filter((id) => accounts.get(id) === account);
  const give = (id: string, key: string, account = "own"): void => {
    keys.set(id, key);
    accounts.set(id, account);
  };
  const requests: SeenRequest[] = [];
  let serial = 0;
  let refusals = 0;
  let countdown: { left: number; readonly takesEffect: boolean } | undefined;

  function handle(request: SeenRequest, answer: ServerResponse): void {
    const shown = String(request.headers[header] ?? "").replace(/^Bearer /, "");
    const say = (status: number, body?: object): void => {
      answer.writeHead(status, { "content-type": "application/json" }).end(body && JSON.stringify(body));
    };
    const [, collection, id] = request.path.split("/");
    const [owner] = [...keys].find(([, key]) => key === shown) ?? [];
    if (owner === undefined) {
      refusals++;
      return say(401, { error: `bad key ${shown}` });
    }
    const account = accounts.get(owner);
    const own = idsOf(account);
    if (collection !== "keys") return say(404);
    if (request.method === "GET") return say(200, { keys: own.map((known) => ({ id: known })) });
    if (request.method === "DELETE") {
      const asked = decodeURIComponent(id ?? "");
      return say(own.includes(asked) && keys.delete(asked) ? 204 : 404);
    }
    if (own.length >= 2) return say(409, { error: "two keys already" });
    const made = { id: `key/${++serial}`, key: `canary-${randomBytes(12).toString("hex")}` };
    give(made.id, made.key, account);
    return say(201, made);
  }

  const onRequest = (message: IncomingMessage, answer: ServerResponse): void => {
    const request = { method: message.method ?? "", path: message.url ?? "", headers: message.headers };
    requests.push(request);
    message.resume();
    const isCut = countdown !== undefined && --countdown.left === 0;
    if (isCut && countdown?.takesEffect === false) {
      message.socket.destroy();
      return;
    }
    if (isCut) {
      answer.end = () => {
        message.socket.destroy();
        return answer;
      };
    }
    if (server.intercept?.(request, answer) !== true) handle(request, answer);
  };
  const { port, stop } = await answeringHttp(onRequest, tls);
  const server: KeyServer = {
    keys,
    give,
    take: (id) => void keys.delete(id),
    accountOf: (id) => accounts.get(id),
    get refusals() {
      return refusals;
    },
    accepts: (id, key) => keys.get(id) === key,
    requests,
    intercept: undefined,
    port,
    cut(at, takesEffect) {
      countdown = { left: at, takesEffect };
    },
    stop,
  };
  return server;
}
