import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
}

/** An API with accounts of at most two keys, as `docs/reference/http-api-key.md` describes it, that can be told to fail. */
export interface KeyServer {
  readonly port: number;
  readonly keys: Map<string, string>;
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
  const requests: SeenRequest[] = [];
  let serial = 0;
  let countdown: { left: number; readonly takesEffect: boolean } | undefined;

  function handle(request: SeenRequest, answer: ServerResponse): void {
    const shown = String(request.headers[header] ?? "").replace(/^Bearer /, "");
    const say = (status: number, body?: object): void => {
      answer.writeHead(status, { "content-type": "application/json" }).end(body && JSON.stringify(body));
    };
    const [, collection, id] = request.path.split("/");
    if (![...keys.values()].includes(shown)) return say(401, { error: `bad key ${shown}` });
    if (collection !== "keys") return say(404);
    if (request.method === "GET") return say(200, { keys: [...keys.keys()].map((known) => ({ id: known })) });
    if (request.method === "DELETE") return say(keys.delete(decodeURIComponent(id ?? "")) ? 204 : 404);
    if (keys.size >= 2) return say(409, { error: "two keys already" });
    const made = { id: `key/${++serial}`, key: `canary-${randomBytes(12).toString("hex")}` };
    keys.set(made.id, made.key);
    return say(201, made);
  }

  const server: KeyServer = {
    keys,
    requests,
    intercept: undefined,
    port: 0,
    cut(at, takesEffect) {
      countdown = { left: at, takesEffect };
    },
    async stop() {
      listener.closeAllConnections();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
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
  const listener =
    tls === undefined ? createServer(onRequest) : createTlsServer({ key: tls.key, cert: tls.certificate }, onRequest);
  await new Promise<void>((resolve) => {
    listener.listen(0, "127.0.0.1", resolve);
  });
  const address = listener.address();
  return Object.assign(server, { port: typeof address === "object" && address !== null ? address.port : 0 });
}
