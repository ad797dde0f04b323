import { RekeyError } from "../../errors/reading-error.ts";
import { translateError } from "../errors/translate-error.ts";
import type { Credentials } from "./credentials.ts";
import type { Endpoint } from "./endpoint.ts";
import { exchanged } from "./exchanged.ts";
import type { ExpiringKeys } from "./key-provider.ts";
import { signedHeaders } from "./signature.ts";

/** STS as one identity calls it. */
export interface StsCaller {
  readonly endpoint: Endpoint;
  readonly credentials: Credentials;
}

const version = "2011-06-15";

const fieldIn = (xml: string, name: string): string => new RegExp(`<${name}>([^<]+)<`).exec(xml)?.[1] ?? "";

/** Rejects with errors that have name and status where the SDK's have them. */
async function called(
  { endpoint, credentials }: StsCaller,
  parameters: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<string> {
  const { region, url } = endpoint;
  const body = new URLSearchParams({ ...parameters, Version: version }).toString();
  const unsigned = { "content-type": "application/x-www-form-urlencoded" };
  const keys = await credentials.keys();
  const signing = { host: url.host, body, headers: unsigned, service: "sts", region, nowMs: Date.now() };
  const headers = await signedHeaders(signing, keys);
  const { status, text } = await exchanged({ method: "POST", url, headers, body, signal });
  if (status === 200) return text;
  const name = fieldIn(text, "Code");
  if (name.startsWith("ExpiredToken")) credentials.forget();
  throw Object.assign(new Error(fieldIn(text, "Message")), { name, $metadata: { httpStatusCode: status } });
}

/**
 * The keys of a role by STS's AssumeRole, signed with the caller's own. Errors: those of the store; `access-denied` where the
 * caller may not assume the role.
 */
export async function roleKeys(
  caller: StsCaller,
  role: { readonly roleArn: string; readonly sessionName: string },
  signal: AbortSignal,
): Promise<ExpiringKeys> {
  const context = { operation: "AssumeRole", role: role.roleArn };
  const parameters = { Action: "AssumeRole", RoleArn: role.roleArn, RoleSessionName: role.sessionName };
  let xml: string;
  try {
    xml = await called(caller, parameters, signal);
  } catch (error) {
    throw translateError(error, { signal }, context);
  }
  const accessKeyId = fieldIn(xml, "AccessKeyId");
  const secretAccessKey = fieldIn(xml, "SecretAccessKey");
  const sessionToken = fieldIn(xml, "SessionToken");
  const expiresAtMs = Date.parse(fieldIn(xml, "Expiration"));
  if (accessKeyId === "" || secretAccessKey === "" || sessionToken === "" || !Number.isFinite(expiresAtMs))
    throw new RekeyError("store-unavailable", { context: { ...context, reason: "no keys in the answer" } });
  return { accessKeyId, secretAccessKey, sessionToken, expiresAtMs };
}

/** Asks STS who the caller is, for nothing but whether its keys are taken. Errors: those of the store. */
export async function checkIdentity(caller: StsCaller, signal: AbortSignal): Promise<void> {
  try {
    await called(caller, { Action: "GetCallerIdentity" }, signal);
  } catch (error) {
    throw translateError(error, { signal }, { operation: "GetCallerIdentity" });
  }
}
