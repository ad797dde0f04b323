import { randomBytes, randomUUID } from "node:crypto";
import { memberAt } from "../../shared/answers/member-at.ts";

export interface SaasRequest {
  readonly method: string;
  /** Without its query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly authorization: string;
  /** Its JSON, or its form. */
  readonly body: unknown;
}

export interface SaasAnswer {
  readonly status: number;
  readonly body?: object;
}

export interface SaasKey {
  readonly id: string;
  readonly key: string;
  readonly label: string | null;
  readonly account: string;
}

/** What a shape works on. */
export interface SaasKeys {
  /** The key that is shown, where it works by now. */
  shown(isIt: (key: SaasKey) => boolean): SaasKey | undefined;
  of(account: string): readonly SaasKey[];
  make(made: SaasKey): SaasKey;
  remove(account: string, id: string): boolean;
}

/** How one API answers, by its public documentation; only what rekey asks. */
export interface SaasShape {
  /** The file in examples/http-apis. */
  readonly name: "sendgrid" | "entra" | "grafana" | "confluent";
  answer(request: SaasRequest, keys: SaasKeys): SaasAnswer;
}

const bearerOf = ({ authorization }: SaasRequest): string => /^Bearer (.+)$/u.exec(authorization)?.[1] ?? "";
const secretText = (prefix: string): string => `${prefix}canary-${randomBytes(12).toString("hex")}`;
const segmentsOf = ({ path }: SaasRequest): readonly string[] => path.split("/").slice(1).map(decodeURIComponent);
function labelIn(body: unknown, ...names: readonly string[]): string {
  const label = memberAt(body, ...names);
  return typeof label === "string" ? label : "";
}

const sendgridError = (status: number, message: string): SaasAnswer => ({
  status,
  body: { errors: [{ field: null, message }] },
});

export const sendgrid: SaasShape = {
  name: "sendgrid",
  answer(request, keys) {
    const shown = keys.shown(({ key }) => key === bearerOf(request));
    if (shown === undefined) {
      return sendgridError(401, "The provided authorization grant is invalid, expired, or revoked");
    }
    const [version, collection, id = ""] = segmentsOf(request);
    const scopes = ["mail.send", "api_keys.create", "api_keys.read", "api_keys.delete"];
    if (version !== "v3") return sendgridError(404, "not found");
    if (collection === "scopes") return { status: 200, body: { scopes } };
    if (collection !== "api_keys") return sendgridError(404, "not found");
    const own = keys.of(shown.account);
    if (request.method === "GET") {
      return { status: 200, body: { result: own.map((key) => ({ name: key.label, api_key_id: key.id })) } };
    }
    if (request.method === "DELETE") {
      return keys.remove(shown.account, id) ? { status: 204 } : sendgridError(404, "unable to find API key");
    }
    const name = labelIn(request.body, "name");
    if (name === "" || name.length > 100) return sendgridError(400, "missing required argument");
    const made = keys.make({
      id: randomBytes(16).toString("base64url"),
      key: secretText("SG."),
      label: name,
      account: shown.account,
    });
    return { status: 201, body: { api_key: made.key, api_key_id: made.id, name, scopes } };
  },
};

const graphError = (status: number, code: string): SaasAnswer => ({ status, body: { error: { code, message: code } } });
const tokens = new Map<string, string>();

/** Token and Graph at one origin. A token outlives the secret that it was got with. */
export const entra: SaasShape = {
  name: "entra",
  answer(request, keys) {
    if (request.path.endsWith("/oauth2/v2.0/token")) {
      const [client, secret] = [memberAt(request.body, "client_id"), memberAt(request.body, "client_secret")];
      const shown = keys.shown(({ key, account }) => key === secret && account === client);
      const isAsked =
        memberAt(request.body, "grant_type") === "client_credentials" &&
        memberAt(request.body, "scope") === "https://graph.microsoft.com/.default";
      if (!isAsked) return { status: 400, body: { error: "invalid_request", error_codes: [900_144] } };
      if (shown === undefined) return { status: 401, body: { error: "invalid_client", error_codes: [7_000_215] } };
      const token = `eyJ0eXAi.canary-${randomUUID()}`;
      tokens.set(token, shown.account);
      return { status: 200, body: { token_type: "Bearer", expires_in: 3_599, access_token: token } };
    }
    const account = tokens.get(bearerOf(request));
    if (account === undefined) return graphError(401, "InvalidAuthenticationToken");
    const [, appId, action] =
      /^\/v1\.0\/applications\(appId='([^']*)'\)(?:\/(addPassword|removePassword))?$/u.exec(request.path) ?? [];
    if (appId === undefined || decodeURIComponent(appId) !== account)
      return graphError(404, "Request_ResourceNotFound");
    const describe = ({ id, label, key }: SaasKey): object => ({
      customKeyIdentifier: null,
      displayName: label,
      endDateTime: "2028-12-02T07:00:00Z",
      hint: key.slice(0, 3),
      keyId: id,
      secretText: null,
      startDateTime: "2026-12-02T07:00:00Z",
    });
    if (request.method === "GET" && request.query.get("$select") === "passwordCredentials") {
      return { status: 200, body: { passwordCredentials: keys.of(account).map(describe) } };
    }
    if (request.method !== "POST") return graphError(405, "Request_BadRequest");
    if (action === "removePassword") {
      const isGone = keys.remove(account, labelIn(request.body, "keyId"));
      return isGone ? { status: 204 } : graphError(400, "Request_BadRequest");
    }
    const label = labelIn(request.body, "passwordCredential", "displayName");
    const made = keys.make({ id: randomUUID(), key: secretText("[6g~@+"), label, account });
    return { status: 200, body: { ...describe(made), secretText: made.key } };
  },
};

let serial = 0;

/** Ids are numbers, and names are unique in an account. */
export const grafana: SaasShape = {
  name: "grafana",
  answer(request, keys) {
    const shown = keys.shown(({ key }) => key === bearerOf(request));
    if (shown === undefined) return { status: 401, body: { message: "Invalid API key", statusCode: 401 } };
    const [api, collection, account, tokensOf, id = ""] = segmentsOf(request);
    if (api !== "api" || collection !== "serviceaccounts" || account !== shown.account || tokensOf !== "tokens") {
      return { status: 404, body: { message: "Not found" } };
    }
    const own = keys.of(account);
    if (request.method === "GET") {
      const describe = (key: SaasKey): object => ({ id: Number(key.id), name: key.label, role: "Admin" });
      return { status: 200, body: own.map(describe) };
    }
    if (request.method === "DELETE") {
      return keys.remove(account, id)
        ? { status: 200, body: { message: "Service account token deleted" } }
        : { status: 404, body: { message: "Service account token not found" } };
    }
    const label = labelIn(request.body, "name");
    if (own.some((key) => key.label === label)) return { status: 409, body: { message: "token already exists" } };
    const made = keys.make({ id: String(1_000 + serial++), key: secretText("glsa_"), label, account });
    return { status: 200, body: { id: Number(made.id), name: label, key: made.key } };
  },
};

const confluentError = (status: number): SaasAnswer => ({ status, body: { errors: [{ status: String(status) }] } });

/** A new key is made some time after its answer, which is 202. */
export const confluent: SaasShape = {
  name: "confluent",
  answer(request, keys) {
    const basic = Buffer.from(/^Basic (.+)$/u.exec(request.authorization)?.[1] ?? "", "base64").toString("utf8");
    const shown = keys.shown(({ id, key }) => `${id}:${key}` === basic);
    if (shown === undefined) return confluentError(401);
    const [iam, version, collection, id = ""] = segmentsOf(request);
    if (iam !== "iam" || version !== "v2" || collection !== "api-keys") return confluentError(404);
    const describe = (key: SaasKey): object => ({
      api_version: "iam/v2",
      kind: "ApiKey",
      id: key.id,
      spec: { display_name: key.label, owner: { id: key.account } },
    });
    if (request.method === "GET") {
      if (request.query.get("spec.owner") !== shown.account) return confluentError(403);
      const size = Number(request.query.get("page_size"));
      const own = keys.of(shown.account);
      const next = own.length > size ? "https://api.confluent.cloud/iam/v2/api-keys?page_token=x" : "";
      return { status: 200, body: { data: own.slice(0, size).map(describe), metadata: { next } } };
    }
    if (request.method === "DELETE") return keys.remove(shown.account, id) ? { status: 204 } : confluentError(404);
    if (memberAt(request.body, "spec", "owner", "id") !== shown.account) return confluentError(403);
    const made = keys.make({
      id: randomBytes(8).toString("hex").toUpperCase(),
      key: secretText("+/"),
      label: labelIn(request.body, "spec", "display_name"),
      account: shown.account,
    });
    return {
      status: 202,
      body: { ...describe(made), spec: { display_name: made.label, owner: { id: made.account }, secret: made.key } },
    };
  },
};

export const saasShapes: readonly SaasShape[] = [sendgrid, entra, grafana, confluent];
