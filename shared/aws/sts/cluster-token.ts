import { Sha256 } from "@smithy/core/checksum";
import { SignatureV4, type SignatureV4Init } from "@smithy/signature-v4";
import { SecretValue } from "../../secrets/secret-value.ts";

/** EKS takes no token that is valid for longer than this. */
const validSeconds = 60;

/**
 * A bearer token for the API server of an EKS cluster, as `aws eks get-token` makes it: a presigned address of STS's
 * GetCallerIdentity that is valid for 60 seconds, with the cluster's name signed into it, so that no other cluster takes it. Nothing is sent to
 * AWS; EKS asks STS whose it is. Source: aws-iam-authenticator, "API Authorization from Outside a Cluster". Errors: those of `credentials`.
 */
export async function clusterToken({
  cluster,
  region,
  credentials,
  nowMs,
}: {
  readonly cluster: string;
  readonly region: string;
  readonly credentials: SignatureV4Init["credentials"];
  readonly nowMs: number;
}): Promise<SecretValue> {
  const hostname = `sts.${region}.${region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com"}`;
  const signer = new SignatureV4({ service: "sts", region, credentials, sha256: Sha256 });
  const request = {
    method: "GET",
    protocol: "https:",
    hostname,
    path: "/",
    query: { Action: "GetCallerIdentity", Version: "2011-06-15" },
    headers: { host: hostname, "x-k8s-aws-id": cluster },
  };
  const { query } = await signer.presign(request, {
    expiresIn: validSeconds,
    signingDate: new Date(nowMs),
    unhoistableHeaders: new Set(["x-k8s-aws-id"]),
  });
  const pairs = Object.entries(query ?? {}).map(([name, value]) => [name, String(value)] as const);
  const text = pairs.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join("&");
  return new SecretValue(`k8s-aws-v1.${Buffer.from(`https://${hostname}/?${text}`).toString("base64url")}`);
}
