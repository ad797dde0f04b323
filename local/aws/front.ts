import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { allowedHosts, turnedAway } from "../outside-callers.ts";
import { createFaults, type Faults } from "./faults.ts";
import { authorise } from "./iam.ts";
import { createPrincipals, type Principals } from "./principals.ts";
import { protocolOf, route, type HttpAnswer, type Protocol, type Received, type Routed } from "./protocols.ts";
import { AwsError, type AwsCall, type AwsService, type Principal } from "./service.ts";
import { readAuthorization, verifySignature, type Authorization } from "./signature.ts";
import { createSts } from "./sts.ts";

/** One request, as it may be printed: who called what with which outcome. Bodies are never kept. */
export interface RequestRecord {
  readonly service: string;
  readonly operation: string;
  readonly principalArn: string;
  readonly region: string;
  /** The ARNs that the call touched. */
  readonly resources: readonly string[];
  /** `undefined`: an injected fault broke the connection. */
  readonly status: number | undefined;
  readonly errorType: string | undefined;
  /** Whether the service was reached; false for what authentication, IAM or a fault stopped. */
  readonly handled: boolean;
  readonly requestId: string;
  /** Real time, since the Unix epoch. */
  readonly startedAtMs: number;
  readonly durationMs: number;
}

export interface AwsFrontOptions {
  readonly services: readonly AwsService[];
  readonly accountId: string;
  /** 0, the default: a free one. */
  readonly port?: number;
  /** Names that requests may give this host, besides those of loopback: `name` or `name:port`. */
  readonly allowedHosts?: readonly string[];
  /** Shared with deliveries inside AWS, which do not pass through here. */
  readonly faults?: Faults;
  /** Shared with the Lambda service, which issues its functions' credentials. */
  readonly principals?: Principals;
}

export interface AwsFront {
  /** The endpoint of every service, for `AWS_ENDPOINT_URL`. */
  readonly endpoint: string;
  readonly faults: Faults;
  readonly principals: Principals;
  /** The requests so far, at most the last 100,000, in the order in which they ended. */
  readonly requests: readonly RequestRecord[];
  stop(): Promise<void>;
}

const longestRecordCount = 100_000;

async function receive(request: IncomingMessage): Promise<Received> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const url = new URL(request.url ?? "/", "http://localhost");
  return {
    method: request.method ?? "GET",
    path: url.pathname,
    query: url.searchParams,
    headers: request.headers,
    body: Buffer.concat(chunks),
  };
}

const asAwsError = (error: unknown): AwsError =>
  error instanceof AwsError
    ? error
    : new AwsError("InternalFailure", error instanceof Error ? (error.stack ?? error.message) : "unknown", 500);

function checkAccess({ service, operation }: Routed, call: AwsCall, resources: readonly string[]): void {
  const context = { "aws:RequestedRegion": call.region, ...service.conditionKeys?.(call) };
  const action = `${service.name}:${service.action?.(operation) ?? operation}`;
  for (const resource of resources.length === 0 ? ["*"] : resources) {
    const resourcePolicy = service.resourcePolicy?.(resource);
    authorise({ caller: call.principal, action, resource, resourcePolicy, context });
  }
}

/**
 * All of the local AWS behind one loopback address. Requests signed with a key that the stack issued (a function's role,
 * a created user) are verified and held to their policies, and refused once they are inactive or deleted. Any other access key is the account's administrator and its
 * signature is not checked, as in every emulator: a developer's own profile works, and loopback is the only way in, but for
 * web pages. A key of twelve digits is that of another account's administrator. Errors: `option-invalid`.
 */
export async function startAwsFront(options: AwsFrontOptions): Promise<AwsFront> {
  const hosts = allowedHosts(options.allowedHosts ?? []);
  const faults = options.faults ?? createFaults();
  const principals = options.principals ?? createPrincipals(options.accountId);
  const services = [...options.services, createSts(principals)];
  const requests: RequestRecord[] = [];

  const authenticate = (received: Received, target: string, authorization: Authorization): Principal => {
    const key = principals.find(authorization.accessKeyId);
    if (key === undefined) return principals.administratorOf(authorization.accessKeyId);
    verifySignature({ ...received, target }, authorization, key.credentials, Date.now());
    if (key.use?.(authorization.service, authorization.region) !== false) return key.principal;
    throw new AwsError("UnrecognizedClientException", "The security token included in the request is invalid.");
  };

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const requestId = randomUUID();
    const startedAtMs = Date.now();
    const gone = new AbortController();
    response.once("close", () => gone.abort());
    const received = await receive(request);
    let protocol: Protocol = protocolOf(received);
    let routed: Routed | undefined;
    let principal = principals.administrator;
    let region = "";
    let resources: readonly string[] = [];
    let answer: HttpAnswer | undefined;
    let errorType: string | undefined;
    let handled = false;
    let fault: Awaited<ReturnType<Faults["strike"]>>;
    try {
      const authorization = readAuthorization(received.headers.authorization);
      region = authorization.region;
      routed = route(services, received, authorization.service);
      protocol = routed.protocol;
      const { service, operation, input } = routed;
      principal = authenticate(received, request.url ?? "/", authorization);
      const http = { ...received, signal: gone.signal };
      const call: AwsCall = { operation, input, region, principal, requestId, http };
      resources = service.resources(call);
      const { accessKeyId } = authorization;
      fault = await faults.strike({ service: service.name, operation, principal: principal.arn, accessKeyId });
      if (fault !== "refuse") {
        checkAccess(routed, call, resources);
        handled = true;
        answer = protocol.answer(await service.handle(call), requestId);
        if (typeof fault === "object") await wait(fault.lateMs, undefined, { ref: false });
      }
    } catch (error) {
      const refusal = asAwsError(error);
      errorType = refusal.type;
      answer = protocol.fail(refusal, requestId);
    }
    if (fault === "cut") answer = undefined;
    if (requests.length >= longestRecordCount) requests.splice(0, longestRecordCount / 2);
    requests.push({
      service: routed?.service.name ?? "unknown",
      operation: routed?.operation ?? "unknown",
      principalArn: principal.arn,
      region,
      resources,
      status: answer?.status,
      errorType,
      handled,
      requestId,
      startedAtMs,
      durationMs: Date.now() - startedAtMs,
    });
    if (answer === undefined) {
      response.destroy();
      return;
    }
    response.writeHead(answer.status, { ...answer.headers, "content-length": Buffer.byteLength(answer.body) });
    response.end(answer.body);
  };

  const server = createServer((request, response) => {
    if (turnedAway(request, response, hosts)) return;
    // A client that breaks off its own request leaves nobody to tell.
    serve(request, response).catch(() => response.destroy());
  });
  // Node's 5 s would close connections that a client of a busy machine is about to send on.
  server.keepAliveTimeout = 75_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : options.port;

  return {
    endpoint: `http://127.0.0.1:${port}`,
    faults,
    principals,
    requests,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
