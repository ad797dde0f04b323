import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { SecretClient } from "../client/secret-client.ts";
import { RekeyError } from "../errors/rekey-error.ts";
import type { AgentMetrics } from "./agent-metrics.ts";
import { type AgentOptions, agentSettings } from "./agent-options.ts";
import { connectionsOf } from "./connections.ts";
import { gate } from "./gate.ts";
import { fault, type Reply, refusal } from "./reply.ts";
import { firstOfBody, hasBody } from "./request-body.ts";
import { requestTarget } from "./request-target.ts";
import { type Answer, secretAnswers } from "./secret-answers.ts";
import { knownQueries } from "./known-queries.ts";
import { repeatedRequests } from "./repeated-requests.ts";
import { usualHeaders, wholeResponse } from "./whole-response.ts";

export interface Agent {
  /** The port that is listened on. */
  readonly port: number;
  readonly metricsPort: number | undefined;
  readonly connections: number;
  /** Takes no new connection, lets requests under way end within the drain time-out, closes the rest. Idempotent. */
  stop(): Promise<void>;
}

const limits = {
  /** What AWS's agent takes, too: a session's token alone has up to 4 KB. */
  maxHeaderSize: 65_536,
  /** Longer than clients keep theirs, so that they are the ones to close. */
  keepAliveTimeout: 75_000,
  /** How often connections are looked at for being late. */
  connectionsCheckingInterval: 1_000,
};

/** The methods of health checks. */
const checks: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);
const bodyRefused = refusal(413, "Body not allowed", "body");

async function listen(server: Server, port: number, address: string): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    const failed = ({ code }: NodeJS.ErrnoException): void =>
      reject(
        new RekeyError("option-invalid", {
          context: { option: "port", address, port, problem: code },
          hint: "use an address of this machine and a port that is free",
        }),
      );
    server.once("error", failed).listen(port, address, () => {
      // From now on it is a connection that could not be taken, and the next one may be.
      server.off("error", failed).on("error", () => undefined);
      resolve();
    });
  });
  const bound = server.address();
  return typeof bound === "object" && bound !== null ? bound.port : port;
}

async function drain(server: Server, timeoutMs: number): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeIdleConnections();
  const overdue = setTimeout(() => server.closeAllConnections(), timeoutMs).unref();
  await closed;
  clearTimeout(overdue);
}

/**
 * Serves a client's secrets over HTTP as AWS's Secrets Manager Agent and its Lambda extension do. The sources of the client
 * and of those of the roles must give documents. Errors: `option-invalid`, also for an address or a port that cannot be listened on.
 */
export async function startAgent(client: SecretClient, metrics: AgentMetrics, options: AgentOptions): Promise<Agent> {
  const settings = agentSettings(options);
  const gateKeeper = gate(settings);
  const queries = knownQueries(settings.pathPrefix);
  const answers = secretAnswers({ own: client, byRole: settings.roles }, settings.newReadsPerSecond);
  const timing = { ...limits, headersTimeout: settings.headerTimeoutMs, requestTimeout: settings.headerTimeoutMs };
  const written = wholeResponse(limits.keepAliveTimeout);
  let stopping: Promise<void> | undefined;

  function send(
    response: ServerResponse,
    status: number,
    body: string,
    contentType: string,
    others: readonly string[] = [],
  ): void {
    if (response.destroyed) return;
    const headers = [...usualHeaders(body, contentType), ...others];
    if (stopping !== undefined && !others.includes("Connection")) headers.push("Connection", "close");
    response.writeHead(status, headers);
    response.end(body);
  }

  function reply(response: ServerResponse, { status, contentType, body, outcome, retryAfterMs }: Reply): void {
    metrics.count(outcome);
    send(response, status, body, contentType, [
      ...(retryAfterMs === undefined ? [] : ["Retry-After", String(Math.ceil(retryAfterMs / 1_000))]),
      ...(status === 413 || status === 429 ? ["Connection", "close"] : []),
    ]);
  }

  function give(response: ServerResponse, { document, outcome }: Answer): void {
    metrics.count(outcome);
    send(response, 200, document, "application/json");
  }

  /** For whoever asks whether the agent is there: HAProxy does by `OPTIONS /` unless it is configured. */
  function open(path: string, request: IncomingMessage, response: ServerResponse): boolean {
    const { method = "" } = request;
    const isPing = path === "/ping" ? checks.has(method) : method === "OPTIONS" && (path === "/" || path === "*");
    if (isPing) send(response, 200, "healthy", "text/plain", ["Allow", "GET, HEAD, OPTIONS"]);
    else if (path === "/metrics" && (method === "GET" || method === "HEAD")) metrics.respond(request, response);
    else return false;
    return true;
  }

  /** In the order of AWS's agent but for its limit, which only those with the token can reach. */
  function secretFor(target: string, request: IncomingMessage, response: ServerResponse): void {
    const turnedAway =
      gateKeeper.caller(request) ??
      (connections.trust(request.socket) ? undefined : refusal(429, "Connection limit exceeded", "connection-limit")) ??
      (request.method === "GET" ? undefined : refusal(405, "Not allowed", "method"));
    if (turnedAway !== undefined) return reply(response, turnedAway);
    const query = queries.of(target);
    if (query === undefined) return reply(response, refusal(404, "Not found", "path"));
    if ("status" in query) return reply(response, query);
    const held = answers.now(query);
    if (held !== undefined) {
      repeated.passed(query);
      return give(response, held);
    }
    answers.soon(query).then(
      (answer) => ("document" in answer ? give(response, answer) : reply(response, answer)),
      () => reply(response, fault),
    );
  }

  /** A fault of one request is that request's answer. */
  function answered(response: ServerResponse, work: () => void): void {
    try {
      work();
    } catch {
      if (response.headersSent) response.destroy();
      else reply(response, fault);
    }
  }

  const server = createServer(timing, (request, response) => {
    if (request.socket.destroyed) return;
    const { authority, target, fixedPath } = requestTarget(request.url ?? "");
    const withBody = (isThere: boolean): void =>
      answered(response, () => {
        const turnedAway = isThere ? bodyRefused : gateKeeper.host(request, authority);
        if (turnedAway !== undefined) reply(response, turnedAway);
        else if (!open(fixedPath, request, response)) secretFor(target, request, response);
      });
    const isThere = hasBody(request);
    if (isThere === undefined) firstOfBody(request, withBody);
    else withBody(isThere);
  });
  const connections = connectionsOf(server, settings.maxConnections);
  const repeated = repeatedRequests(server, {
    isIdle: connections.isIdle,
    answer(query) {
      const held = stopping === undefined ? answers.now(query) : undefined;
      if (held === undefined) return undefined;
      metrics.count(held.outcome);
      return written(held.document);
    },
  });

  const outside = createServer(timing, (request, response) => {
    if (request.socket.destroyed) return;
    const { fixedPath } = requestTarget(request.url ?? "");
    answered(response, () => {
      if (!open(fixedPath, request, response)) reply(response, refusal(404, "Not found", "path"));
    });
  });
  connectionsOf(outside, 0);

  const port = await listen(server, settings.port, settings.address);
  const { metricsListener } = settings;
  const metricsPort =
    metricsListener &&
    (await listen(outside, metricsListener.port, metricsListener.address).catch(async (error: unknown) => {
      await drain(server, 0);
      throw error;
    }));

  async function stop(): Promise<void> {
    await Promise.all(
      [server, outside].filter(({ listening }) => listening).map(async (each) => drain(each, settings.drainTimeoutMs)),
    );
  }
  return {
    port,
    metricsPort,
    get connections() {
      return connections.count;
    },
    stop: async () => (stopping ??= stop()),
  };
}
