export interface AwsKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

export interface Unsigned {
  readonly host: string;
  readonly body: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly service: string;
  readonly region: string;
  readonly nowMs: number;
}

const algorithm = "AWS4-HMAC-SHA256";

/**
 * All headers of a POST of `/`, signed by AWS Signature Version 4 as "Create a signed AWS API request" in IAM's user guide
 * has it.
 */
export async function signedHeaders(
  { host, body, headers, service, region, nowMs }: Unsigned,
  { accessKeyId, secretAccessKey, sessionToken }: AwsKeys,
): Promise<Readonly<Record<string, string>>> {
  // Loaded by the first request, so that who reads nothing at a cold start does not wait for it.
  const { createHash, createHmac } = await import("node:crypto");
  const hash = (text: string): string => createHash("sha256").update(text).digest("hex");
  const keyed = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();
  const time = new Date(nowMs).toISOString().replaceAll(/[-:]|\.\d{3}/g, "");
  const day = time.slice(0, 8);
  const all: Readonly<Record<string, string>> = {
    ...headers,
    host,
    "x-amz-date": time,
    ...(sessionToken !== undefined && { "x-amz-security-token": sessionToken }),
  };
  const names = Object.keys(all).toSorted();
  const signedNames = names.join(";");
  const canonical = [
    "POST",
    "/",
    "",
    ...names.map((name) => `${name}:${all[name] ?? ""}`),
    "",
    signedNames,
    hash(body),
  ];
  const scope = `${day}/${region}/${service}/aws4_request`;
  const toSign = [algorithm, time, scope, hash(canonical.join("\n"))].join("\n");
  const signingKey = [region, service, "aws4_request"].reduce(keyed, keyed(`AWS4${secretAccessKey}`, day));
  const signature = keyed(signingKey, toSign).toString("hex");
  const authorization = `${algorithm} Credential=${accessKeyId}/${scope}, SignedHeaders=${signedNames}, Signature=${signature}`;
  return { ...all, authorization };
}
