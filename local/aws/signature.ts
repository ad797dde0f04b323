import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { IssuedCredentials } from "./principals.ts";
import { AwsError } from "./service.ts";

/** The `Authorization` header of Signature Version 4. */
export interface Authorization {
  readonly accessKeyId: string;
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

export interface SignedRequest {
  readonly method: string;
  /** As it stands in the request line, with its query. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

const algorithm = "AWS4-HMAC-SHA256";
/** How far a request's date may be from the server's, as Secrets Manager's own errors say ("- 5 min."). */
const toleranceMs = 5 * 60_000;

const incomplete = (message: string): AwsError => new AwsError("IncompleteSignatureException", message);

/** Errors: `MissingAuthenticationTokenException` without the header, `IncompleteSignatureException` for a malformed one. */
export function readAuthorization(header: string | undefined): Authorization {
  if (header === undefined) {
    throw new AwsError("MissingAuthenticationTokenException", "Missing Authentication Token", 403);
  }
  if (!header.startsWith(algorithm)) throw incomplete(`Authorization header must start with ${algorithm}.`);
  const field = (name: string): string => {
    const value = new RegExp(`${name}=([^,\\s]+)`, "u").exec(header)?.[1];
    if (value === undefined) throw incomplete(`Authorization header requires '${name}' parameter.`);
    return value;
  };
  const [accessKeyId, date, region, service, terminator] = field("Credential").split("/");
  if (!accessKeyId || !date || !region || !service || terminator !== "aws4_request") {
    throw incomplete("Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term.");
  }
  const signedHeaders = field("SignedHeaders").split(";");
  return { accessKeyId, date, region, service, signedHeaders, signature: field("Signature") };
}

const sha256 = (data: string | Buffer): string => createHash("sha256").update(data).digest("hex");
const hmac = (key: string | Buffer, data: string): Buffer => createHmac("sha256", key).update(data).digest();
const encode = (text: string): string =>
  encodeURIComponent(text).replaceAll(/[!'()*]/gu, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

/** AWS's canonical form; the path is encoded once more, as every service but S3 does. */
function canonicalRequest(request: SignedRequest, signedHeaders: readonly string[], payloadHash: string): string {
  const [path = "/", query = ""] = request.target.split("?", 2);
  const parameters = [...new URLSearchParams(query)]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join("&");
  const headers = signedHeaders.map((name) => {
    const value = request.headers[name];
    const text = Array.isArray(value) ? value.join(",") : (value ?? "");
    return `${name}:${text.trim().replaceAll(/ +/gu, " ")}\n`;
  });
  const canonicalPath = path.split("/").map(encode).join("/");
  return [request.method, canonicalPath, parameters, headers.join(""), signedHeaders.join(";"), payloadHash].join("\n");
}

function sentAtMs(amzDate: string): number {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/u.exec(amzDate);
  if (parts === null) throw incomplete("Date must be in ISO-8601 'basic format'.");
  const [, year, month, day, hour, minute, second] = parts.map(Number);
  return Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second);
}

const basicFormat = (timeMs: number): string => new Date(timeMs).toISOString().replaceAll(/[-:]|\.\d+/gu, "");

function checkDate(amzDate: string, nowMs: number): void {
  const timeMs = sentAtMs(amzDate);
  if (Math.abs(timeMs - nowMs) <= toleranceMs) return;
  const early = timeMs < nowMs;
  const bound = basicFormat(nowMs + (early ? -toleranceMs : toleranceMs));
  throw new AwsError(
    "InvalidSignatureException",
    early
      ? `Signature expired: ${amzDate} is now earlier than ${bound} (${basicFormat(nowMs)} - 5 min.)`
      : `Signature not yet current: ${amzDate} is still later than ${bound} (${basicFormat(nowMs)} + 5 min.)`,
  );
}

/**
 * Verifies a request against the key that it claims. `nowMs` is real time, since signers know nothing of the movable clock.
 * Errors: `InvalidSignatureException`, `UnrecognizedClientException` (session token), `IncompleteSignatureException`.
 */
export function verifySignature(
  request: SignedRequest,
  authorization: Authorization,
  credentials: IssuedCredentials,
  nowMs: number,
): void {
  const amzDate = request.headers["x-amz-date"];
  if (typeof amzDate !== "string") throw incomplete("Authorization header requires existence of 'X-Amz-Date' header.");
  checkDate(amzDate, nowMs);
  if (request.headers["x-amz-security-token"] !== credentials.sessionToken) {
    throw new AwsError("UnrecognizedClientException", "The security token included in the request is invalid.");
  }
  const { date, region, service, signedHeaders } = authorization;
  const scope = `${date}/${region}/${service}/aws4_request`;
  const canonical = canonicalRequest(request, signedHeaders, sha256(request.body));
  const key = [date, region, service, "aws4_request"].reduce<string | Buffer>(
    hmac,
    `AWS4${credentials.secretAccessKey}`,
  );
  const expected = hmac(key, [algorithm, amzDate, scope, sha256(canonical)].join("\n"));
  const given = Buffer.from(authorization.signature, "hex");
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw new AwsError(
      "InvalidSignatureException",
      "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
    );
  }
}
