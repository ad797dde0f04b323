import { Sha256 } from "@smithy/core/checksum";
import { SignatureV4 } from "@smithy/signature-v4";
import { RekeyError } from "../../errors/rekey-error.ts";
import { translateError } from "../errors/translate-error.ts";
import { defined } from "../../secrets/defined.ts";

interface RoleKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiration: Date;
}

export interface AssumedRoleOptions {
  /** What the request is signed with. */
  readonly credentials: () => Promise<Omit<RoleKeys, "sessionToken" | "expiration">>;
  readonly roleArn: string;
  readonly externalId?: string | undefined;
  /** What CloudTrail in the role's account names the caller by. */
  readonly sessionName: string;
  readonly region: string;
  /** Of STS. */
  readonly endpoint: string;
}

const trust = "let the role trust this function's role, with the same external id, and this role call sts:AssumeRole";

/**
 * The keys of a role, from STS's AssumeRole, as a provider that an SDK client is made with: the client asks again before they
 * expire. The request is signed and sent here, since STS's own client would be a tenth of a function. Errors: those of the
 * store; `access-denied` with what the role needs.
 */
export const assumedRole = (options: AssumedRoleOptions) => async (): Promise<RoleKeys> => {
  const { credentials, roleArn, externalId, sessionName, region, endpoint } = options;
  const context = { operation: "AssumeRole", role: roleArn };
  const call = { signal: AbortSignal.timeout(4_000) };
  const { host, hostname, protocol } = new URL(endpoint);
  const body = new URLSearchParams({
    Action: "AssumeRole",
    Version: "2011-06-15",
    RoleArn: roleArn,
    RoleSessionName: sessionName,
    ...defined({ ExternalId: externalId }),
  }).toString();
  const unsigned = {
    method: "POST",
    protocol,
    hostname,
    path: "/",
    headers: { host, "content-type": "application/x-www-form-urlencoded" },
    body,
  };
  try {
    const signer = new SignatureV4({ service: "sts", region, credentials, sha256: Sha256 });
    const { method, headers } = await signer.sign(unsigned);
    const response = await fetch(endpoint, { method, headers, body, ...call });
    const xml = await response.text();
    const field = (name: string): string => new RegExp(`<${name}>([^<]+)<`).exec(xml)?.[1] ?? "";
    if (!response.ok) {
      throw Object.assign(new Error(), { name: field("Code"), $metadata: { httpStatusCode: response.status } });
    }
    return {
      accessKeyId: field("AccessKeyId"),
      secretAccessKey: field("SecretAccessKey"),
      sessionToken: field("SessionToken"),
      expiration: new Date(field("Expiration")),
    };
  } catch (error) {
    const known = translateError(error, call, context);
    throw known.code === "access-denied" ? new RekeyError("access-denied", { context, hint: trust }) : known;
  }
};
