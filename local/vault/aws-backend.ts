import { request } from "node:http";
import { text } from "node:stream/consumers";
import type { Clock } from "../clock.ts";
import {
  type Backend,
  noContent,
  reply,
  unsupportedPath,
  type VaultCall,
  VaultRefusal,
  type VaultReply,
} from "./exchange.ts";
import { durationField, type Input, listField, textField } from "./input.ts";
import { authOf } from "./token-backend.ts";
import { maxLeaseSeconds, type TokenStore } from "./tokens.ts";

const serverIdHeader = "X-Vault-AWS-IAM-Server-ID";
const decoded = (input: Input, name: string): string => Buffer.from(textField(input, name) ?? "", "base64").toString();

/** The headers of the signed request: a JSON object of a text, or of a list of texts, by name. */
function headersOf(input: Input): ReadonlyMap<string, string> {
  try {
    const given: Readonly<Record<string, string | readonly string[]>> = JSON.parse(
      decoded(input, "iam_request_headers"),
    );
    return new Map(Object.entries(given).map(([name, value]) => [name.toLowerCase(), [value].flat().join(",")]));
  } catch {
    throw new VaultRefusal(400, "error parsing iam_request_headers");
  }
}

function checkServerId(headers: ReadonlyMap<string, string>, expected: string): void {
  const refuse = (problem: string): VaultRefusal =>
    new VaultRefusal(400, `error validating ${serverIdHeader} header: ${problem}`);
  const given = headers.get(serverIdHeader.toLowerCase());
  if (given === undefined) throw refuse(`missing header "${serverIdHeader}"`);
  if (given !== expected) throw refuse(`expected "${expected}" but got "${given}"`);
  const signed = /SignedHeaders=([^,]+)/.exec(headers.get("authorization") ?? "")?.[1]?.split(";") ?? [];
  if (!signed.includes(serverIdHeader.toLowerCase())) throw refuse("header wasn't signed");
}

/** Who STS says has signed the request. It goes to the configured endpoint, wherever its own URL points. */
async function askSts(endpoint: string, headers: ReadonlyMap<string, string>, body: string): Promise<string> {
  const answer = await new Promise<string>((resolve, reject) => {
    const sent = request(
      endpoint,
      { method: "POST", headers: Object.fromEntries(headers), timeout: 5_000 },
      (response) => {
        text(response).then((content) => {
          if (response.statusCode === 200) resolve(content);
          else reject(new VaultRefusal(400, "error making upstream request: received error code from STS"));
        }, reject);
      },
    );
    sent
      .once("timeout", () => sent.destroy())
      .once("error", reject)
      .end(body);
  });
  const arn = /<Arn>([^<]+)<\/Arn>/.exec(answer)?.[1];
  if (arn === undefined) throw new VaultRefusal(400, "error making upstream request: no identity");
  return arn;
}

/** A role that was assumed stands for the role itself. */
const canonicalArn = (arn: string): string =>
  arn.replace(/^(arn:[^:]+):sts::(\d+):assumed-role\/([^/]+)\/.*$/, "$1:iam::$2:role/$3");

/** The AWS auth method at `auth/<mount>/`, IAM logins alone, without resolving unique ids. */
export function awsBackend(mount: string, tokens: TokenStore, clock: Clock): Backend {
  const roles = new Map<string, Input>();
  let config: Input = {};

  async function login(input: Input): Promise<VaultReply> {
    const name = textField(input, "role") ?? "";
    const role = roles.get(name);
    if (role === undefined) throw new VaultRefusal(400, `entry for role ${name} not found`);
    const body = decoded(input, "iam_request_body");
    if (!/^Action=GetCallerIdentity&Version=2011-06-15$/.test(body))
      throw new VaultRefusal(400, "iam request body is invalid");
    const headers = headersOf(input);
    const serverId = textField(config, "iam_server_id_header_value") ?? "";
    if (serverId !== "") checkServerId(headers, serverId);
    const arn = canonicalArn(await askSts(textField(config, "sts_endpoint") ?? "", headers, body));
    if (!(listField(role, "bound_iam_principal_arn") ?? []).includes(arn)) {
      throw new VaultRefusal(400, `IAM Principal "${arn}" does not belong to the role "${name}"`);
    }
    const token = tokens.issue({
      policies: ["default", ...(listField(role, "token_policies") ?? [])],
      displayName: mount,
      path: `auth/${mount}/login`,
      meta: { role_id: name },
      orphan: true,
      ttlSeconds: durationField(role, "token_ttl") || maxLeaseSeconds,
    });
    return reply({ auth: authOf(token, clock) });
  }

  return {
    exists: (path) => !path.startsWith("role/") || roles.has(path.slice("role/".length)),
    isOpen: (path) => path === "login",
    handle({ operation, path, input }: VaultCall) {
      if (operation !== "write") throw unsupportedPath();
      if (path === "login") return login(input);
      if (path === "config/client") config = input;
      else if (path.startsWith("role/")) roles.set(path.slice("role/".length), input);
      else throw unsupportedPath();
      return noContent;
    },
  };
}
