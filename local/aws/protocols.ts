import { isMembers } from "../../shared/answers/members.ts";
import type { IncomingHttpHeaders } from "node:http";
import { readForm, toXml } from "./query-protocol.ts";
import { AwsError, type AwsReply, type AwsService } from "./service.ts";

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A request whose service and operation are known. */
export interface Routed {
  readonly service: AwsService;
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly protocol: Protocol;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

export interface Protocol {
  answer(reply: AwsReply, requestId: string): HttpAnswer;
  fail(error: AwsError, requestId: string): HttpAnswer;
}

function readJson(body: Buffer): Readonly<Record<string, unknown>> {
  if (body.length === 0) return {};
  try {
    const parsed: unknown = JSON.parse(body.toString("utf8"));
    if (isMembers(parsed)) return parsed;
  } catch {
    // Answered below, as for a body that is no object.
  }
  throw new AwsError("SerializationException", "Start of structure or map found where not expected.");
}

const payload = (body: unknown): string | Buffer =>
  typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body ?? {});

/** JSON 1.0 and 1.1. Modelled errors say `Message`, others `message`; both are sent, and SDKs read either. */
const jsonProtocol = (contentType: string): Protocol => ({
  answer: ({ status = 200, headers, body }, requestId) => ({
    status,
    headers: { "content-type": contentType, "x-amzn-requestid": requestId, ...headers },
    body: payload(body),
  }),
  fail: ({ type, message, status, queryCode }, requestId) => ({
    status,
    headers: {
      "content-type": contentType,
      "x-amzn-requestid": requestId,
      ...(queryCode === undefined ? {} : { "x-amzn-query-error": `${queryCode};Sender` }),
    },
    body: JSON.stringify({ __type: type, Message: message, message }),
  }),
});

/** What the JSON protocols' authentication errors are in the others, where they are all 403. */
const forbidden: Readonly<Record<string, string>> = {
  AccessDeniedException: "AuthorizationError",
  IncompleteSignatureException: "IncompleteSignature",
  InvalidSignatureException: "SignatureDoesNotMatch",
  MissingAuthenticationTokenException: "MissingAuthenticationToken",
  UnrecognizedClientException: "InvalidClientTokenId",
};

/** SNS and its like say it in another way than IAM and STS. */
const forbiddenIn = (type: string, namespace: string): string | undefined =>
  type === "AccessDeniedException" && /\/\/(?:iam|sts)\./u.test(namespace) ? "AccessDenied" : forbidden[type];

const queryProtocol = (action: string, namespace: string): Protocol => ({
  answer: ({ status = 200, headers, body }, requestId) => ({
    status,
    headers: { "content-type": "text/xml", "x-amzn-requestid": requestId, ...headers },
    body:
      `<${action}Response xmlns="${namespace}"><${action}Result>${toXml(body)}</${action}Result>` +
      `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${action}Response>`,
  }),
  fail: ({ type, message, status, queryCode }, requestId) => {
    const forbiddenCode = forbiddenIn(type, namespace);
    const error = {
      Type: status < 500 ? "Sender" : "Receiver",
      Code: queryCode ?? forbiddenCode ?? type,
      Message: message,
    };
    return {
      status: forbiddenCode === undefined ? status : 403,
      headers: { "content-type": "text/xml", "x-amzn-requestid": requestId },
      body: `<ErrorResponse xmlns="${namespace}"><Error>${toXml(error)}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`,
    };
  },
});

const restProtocol: Protocol = {
  answer: ({ status = 200, headers, body }, requestId) => ({
    status,
    headers: { "content-type": "application/json", "x-amzn-requestid": requestId, ...headers },
    body: status === 204 ? "" : payload(body),
  }),
  fail: ({ type, message, status }, requestId) => ({
    status: type in forbidden ? 403 : status,
    headers: { "content-type": "application/json", "x-amzn-requestid": requestId, "x-amzn-errortype": type },
    body: JSON.stringify({ Type: status < 500 ? "User" : "Service", Message: message, message }),
  }),
};

/** S3's way: bodies as they are, and errors in XML. */
const xmlErrors: Protocol = {
  answer: ({ status = 200, headers, body }, requestId) => ({
    status,
    headers: { "x-amz-request-id": requestId, ...headers },
    body: payload(body),
  }),
  fail: ({ type, message, status }, requestId) => ({
    status: type in forbidden ? 403 : status,
    headers: { "content-type": "application/xml", "x-amz-request-id": requestId },
    body: `<Error>${toXml({ Code: forbidden[type] ?? type, Message: message, RequestId: requestId })}</Error>`,
  }),
};

/** How an error is told before it is known which operation was meant. */
export function protocolOf(request: Received): Protocol {
  const contentType = request.headers["content-type"] ?? "";
  if (request.headers["x-amz-target"] !== undefined || contentType.includes("x-amz-json")) {
    return jsonProtocol(contentType.split(";")[0] ?? "application/x-amz-json-1.1");
  }
  return contentType.includes("x-www-form-urlencoded") ? queryProtocol("Unknown", "") : restProtocol;
}

/**
 * Finds the service and operation: by `X-Amz-Target`, else by the service of the credential scope and its form's `Action`
 * or its path. Errors: `UnknownOperationException`, `InvalidAction`, `SerializationException`.
 */
export function route(services: readonly AwsService[], request: Received, scope: string): Routed {
  const target = request.headers["x-amz-target"];
  if (typeof target === "string") {
    // CloudTrail's prefix has dots itself.
    const prefix = target.slice(0, Math.max(target.lastIndexOf("."), 0));
    const operation = target.slice(prefix.length + 1);
    const service = services.find(({ targets }) => targets?.includes(prefix));
    if (service === undefined) throw new AwsError("UnknownOperationException", `Unknown target ${target}.`);
    return { service, operation, input: readJson(request.body), protocol: protocolOf(request) };
  }
  const service = services.find(({ name }) => name === scope);
  const rest = service?.route?.(request.method, request.path, request.query);
  if (service !== undefined && rest !== undefined) {
    const input = rest.isRaw === true ? rest.input : { ...readJson(request.body), ...rest.input };
    const protocol = service.failsInXml === true ? xmlErrors : restProtocol;
    return { service, operation: rest.operation, input, protocol };
  }
  const form = readForm(new URLSearchParams(request.method === "GET" ? request.query : request.body.toString("utf8")));
  const action = form["Action"];
  if (service?.xmlNamespace === undefined || typeof action !== "string") {
    throw new AwsError("InvalidAction", `The service ${scope} serves no such request.`);
  }
  return { service, operation: action, input: form, protocol: queryProtocol(action, service.xmlNamespace) };
}
