import { Sha256 } from "@smithy/core/checksum";
import { SignatureV4 } from "@smithy/signature-v4";
import { RekeyError } from "../errors/rekey-error.ts";
import { defined } from "../secrets/defined.ts";

interface AwsKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface SignedIdentityOptions {
  /** The role's keys, as an SDK client's own configuration resolves them. */
  readonly credentials: () => Promise<AwsKeys>;
  /** What Vault's `iam_server_id_header_value` says, so that a request that was signed for one Vault is worth nothing at another. */
  readonly serverId?: string;
  /** Of STS, as Vault's `sts_region`; unset: the global endpoint, which is Vault's default. */
  readonly region?: string;
}

const body = "Action=GetCallerIdentity&Version=2011-06-15";
const base64 = (text: string): string => Buffer.from(text).toString("base64");

/**
 * GetCallerIdentity, signed and not sent: Vault sends it on to STS and learns from the answer who signed it. The form is
 * that of Vault's API documentation, "AWS auth method, login". Valid for minutes. Errors: `credentials-missing` where
 * there are no keys to sign with.
 */
export async function signedIdentity(options: SignedIdentityOptions): Promise<Readonly<Record<string, string>>> {
  const { credentials, serverId, region } = options;
  const hostname = region === undefined ? "sts.amazonaws.com" : `sts.${region}.amazonaws.com`;
  const signer = new SignatureV4({ service: "sts", region: region ?? "us-east-1", credentials, sha256: Sha256 });
  const unsigned = {
    method: "POST",
    protocol: "https:",
    hostname,
    path: "/",
    headers: {
      host: hostname,
      "content-type": "application/x-www-form-urlencoded; charset=utf-8",
      "content-length": String(body.length),
      ...defined({ "X-Vault-AWS-IAM-Server-ID": serverId }),
    },
    body,
  };
  let headers: Readonly<Record<string, string>>;
  try {
    ({ headers } = await signer.sign(unsigned));
  } catch {
    throw new RekeyError("credentials-missing", { context: { operation: "login", problem: "no AWS credentials" } });
  }
  const lists = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]));
  return {
    iam_http_request_method: "POST",
    iam_request_url: base64(`https://${hostname}/`),
    iam_request_body: base64(body),
    iam_request_headers: base64(JSON.stringify(lists)),
  };
}
