import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "../clock.ts";
import { type VaultCore, vaultCore } from "./core.ts";
import { type Operation, type VaultReply, VaultRefusal } from "./exchange.ts";
import type { VaultFault, VaultFaults } from "./faults.ts";
import { parseDuration } from "./duration.ts";
import { isMembers } from "../../shared/answers/members.ts";
import { statusPage } from "./status-pages.ts";

const maxBodyBytes = 32 * 1024 * 1024;

const operations: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  ["GET", "read"],
  ["HEAD", "read"],
  ["LIST", "list"],
  ["POST", "write"],
  ["PUT", "write"],
  ["PATCH", "patch"],
  ["DELETE", "delete"],
]);

interface Redirect {
  readonly location: string;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request.iterator()) {
    if (!Buffer.isBuffer(chunk)) continue;
    bytes += chunk.length;
    if (bytes > maxBodyBytes) throw new VaultRefusal(413, "http: request body too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function inputOf(body: string): Readonly<Record<string, unknown>> {
  if (body === "") return {};
  let input: unknown;
  try {
    input = JSON.parse(body);
  } catch {
    throw new VaultRefusal(400, "failed to decode JSON input: unexpected EOF");
  }
  if (input === null) return {};
  if (isMembers(input)) return input;
  throw new VaultRefusal(
    400,
    "failed to decode JSON input: json: cannot unmarshal array into Go value of type map[string]interface {}",
  );
}

function operationOf(request: IncomingMessage, query: URLSearchParams): Operation {
  const { method = "" } = request;
  const operation = operations.get(method);
  if (operation === undefined) throw new VaultRefusal(405);
  if (operation === "read" && query.get("list") === "true") return "list";
  const type = request.headers["content-type"] ?? "";
  if (operation === "patch" && type !== "application/merge-patch+json") {
    throw new VaultRefusal(415, `PATCH requires Content-Type of application/merge-patch+json, provided ${type}`);
  }
  return operation;
}

function tokenOf({ headers }: IncomingMessage): string | undefined {
  const token = headers["x-vault-token"];
  if (typeof token === "string") return token;
  return /^Bearer (.+)$/.exec(headers.authorization ?? "")?.[1];
}

/** Wrapping is not served, and an answer that nobody wrapped shows the secret to whoever was to see a token alone. */
function refuseWrapping({ headers }: IncomingMessage): void {
  const asked = String(headers["x-vault-wrap-ttl"] ?? "");
  const seconds = parseDuration(asked);
  if (seconds === 0) return;
  throw seconds === undefined
    ? new VaultRefusal(400, `error parsing X-Vault-Wrap-TTL header: time: invalid duration "${asked}"`)
    : new VaultRefusal(
        400,
        "response wrapping is not served by the local Vault: ask without X-Vault-Wrap-TTL (-wrap-ttl)",
      );
}

function pathBelowV1(url: URL): string {
  try {
    return decodeURIComponent(url.pathname).replace(/^\/v1\/?/, "");
  } catch {
    return url.pathname;
  }
}

async function answer(
  request: IncomingMessage,
  url: URL,
  parts: { readonly core: VaultCore; readonly faults: VaultFaults; readonly clock: Clock },
): Promise<VaultReply | Redirect> {
  const { state } = parts.faults;
  const path = pathBelowV1(url);
  const page = statusPage(path, url.searchParams, state, parts.clock);
  if (page !== undefined) return page;
  if (state.kind === "sealed") throw new VaultRefusal(503, "Vault is sealed");
  if (state.kind === "standby") {
    if (state.leader !== undefined) return { location: `${state.leader}${request.url ?? ""}` };
    throw new VaultRefusal(500, "local node not active but active cluster node not found");
  }
  refuseWrapping(request);
  const operation = operationOf(request, url.searchParams);
  const input = inputOf(await bodyOf(request));
  return parts.core({ operation, path, query: url.searchParams, input }, tokenOf(request));
}

function send(response: ServerResponse, reply: VaultReply | Redirect): void {
  response.setHeader("Cache-Control", "no-store");
  if ("location" in reply) {
    response.writeHead(307, { location: reply.location, "content-length": 0 }).end();
    return;
  }
  const body = reply.body === undefined ? "" : `${JSON.stringify(reply.body)}\n`;
  response.setHeader("Content-Type", "application/json");
  if (reply.status !== 204) response.setHeader("Content-Length", Buffer.byteLength(body));
  response.writeHead(reply.status).end(body);
}

/** Go's HTTP server sends a path that is not clean to the clean one before Vault sees it. */
function cleaned(path: string): string | undefined {
  const clean = path.replace(/\/{2,}/g, "/").replace(/\/\.(?=\/|$)/g, "");
  return clean === path && !/\/\.\.(\/|$)/.test(path) ? undefined : new URL(`http://vault${clean}`).pathname;
}

/** Answers `/v1/` as Vault does, after whatever fault strikes the request. */
export function vaultRequestHandler(options: {
  readonly rootToken: string;
  readonly clock: Clock;
  readonly faults: VaultFaults;
}): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const { faults, clock } = options;
  const parts = { core: vaultCore(options.rootToken, clock), faults, clock };

  async function reply(
    request: IncomingMessage,
    url: URL,
    fault: VaultFault | undefined,
  ): Promise<VaultReply | Redirect> {
    try {
      if (fault?.kind === "status") throw new VaultRefusal(fault.status, ...(fault.errors ?? []));
      return await answer(request, url, parts);
    } catch (error) {
      const refusal = error instanceof VaultRefusal ? error : new VaultRefusal(500, "internal error");
      return { status: refusal.status, body: { errors: refusal.errors } };
    }
  }

  return async (request, response) => {
    const [rawPath = "", search = ""] = (request.url ?? "").split("?", 2);
    const location = cleaned(rawPath);
    if (location !== undefined) return send(response, { location });
    const url = new URL(`http://vault${rawPath}?${search}`);
    const fault = faults.strike(request.method ?? "", pathBelowV1(url));
    if (fault?.kind === "refuse") return void request.socket.destroy();
    if (fault?.kind === "delay") await delay(fault.delayMs, undefined, { ref: false });
    const given = await reply(request, url, fault);
    if (fault?.kind === "cut") request.socket.destroy();
    else send(response, given);
  };
}
