import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { isMembers, type Members } from "../../shared/answers/members.ts";
import { optionalText, text, textRecord } from "../aws/members.ts";
import { AwsError, type AwsReply } from "../aws/service.ts";
import { turnedAway } from "../outside-callers.ts";
import type { DeployedFunction } from "./deployed-function.ts";

/** Addresses of functions on loopback, which take requests that nobody signed. */
export interface FunctionUrls {
  create(input: Members): Promise<AwsReply>;
  remove(input: Members): Promise<AwsReply>;
  stop(): Promise<void>;
}

/** What AWS asks of a function's policy before it lets anybody through. */
const needed = ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"];

const isOpen = ({ permissions }: DeployedFunction): boolean =>
  needed.every((action) =>
    [permissions.policy.Statement].flat().some((one) => one.Action === action && one.Principal === "*"),
  );

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

/** The request in version 2.0 of the payload. */
const eventOf = (request: IncomingMessage, body: string): object => {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://function");
  return {
    version: "2.0",
    rawPath: pathname,
    rawQueryString: searchParams.toString(),
    headers: request.headers,
    requestContext: { http: { method: request.method, path: pathname } },
    isBase64Encoded: false,
    ...(body === "" ? {} : { body }),
  };
};

async function answer(fn: DeployedFunction, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (!isOpen(fn)) {
    response.writeHead(403, { "content-type": "application/json" }).end('{"Message":"Forbidden"}');
    return;
  }
  const outcome = await fn.invoke(JSON.stringify(eventOf(request, await bodyOf(request))));
  const said: unknown = outcome.ok ? JSON.parse(outcome.payload) : undefined;
  if (!isMembers(said)) response.writeHead(502).end("Internal Server Error");
  else response.writeHead(Number(said["statusCode"]), textRecord(said, "headers")).end(optionalText(said, "body"));
}

export function createFunctionUrls(find: (nameOrArn: string) => DeployedFunction): FunctionUrls {
  const servers = new Map<string, { readonly server: Server; readonly url: string }>();

  async function close(name: string): Promise<void> {
    const { server } = servers.get(name) ?? {};
    servers.delete(name);
    server?.closeAllConnections();
    await new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve)));
  }

  return {
    async create(input) {
      const { arn, definition } = find(text(input, "FunctionName"));
      const { name } = definition;
      if (text(input, "AuthType") !== "NONE")
        throw new AwsError("InvalidParameterValueException", "Only the AuthType NONE is emulated.");
      if (servers.has(name))
        throw new AwsError("ResourceConflictException", `FunctionUrlConfig exists for ${arn}`, 409);
      const server = createServer((request, response) => {
        if (turnedAway(request, response, new Set())) return;
        answer(find(name), request, response).catch(() => response.writeHead(502).end());
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
      servers.set(name, { server, url });
      return { status: 201, body: { FunctionUrl: url, FunctionArn: arn, AuthType: "NONE" } };
    },
    async remove(input) {
      await close(find(text(input, "FunctionName")).definition.name);
      return { status: 204, body: "" };
    },
    async stop() {
      await Promise.all([...servers.keys()].map(close));
    },
  };
}
