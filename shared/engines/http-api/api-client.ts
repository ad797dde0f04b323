import { memberAt } from "../../answers/member-at.ts";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { HttpAnswer } from "../../http/exchange.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Credential, DatabaseTarget } from "../../ports/database-engine.ts";
import { defined } from "../../secrets/defined.ts";
import { fillIn } from "../../secrets/placeholders.ts";
import { boundedRequest } from "../connecting/bounded-request.ts";
import type { IsGranted } from "../connecting/granted-origins.ts";
import { isSendable } from "../connecting/key-ids.ts";
import type { ClientCredentials, Operation, RequestTemplate } from "./description.ts";
import type { GrantedApi } from "./granted-api.ts";
import { isPath, mapTexts } from "./read-members.ts";
import { refusedBy, unexpected } from "./refusal.ts";

type Texts = Readonly<Record<string, string>>;

/** An API as one key sees it. */
export interface ApiClient {
  /** Errors: one for each way that there is no answer; a refusal is an answer, and that of a token is undefined. */
  ask(
    operation: Operation,
    request: RequestTemplate,
    call: CallOptions,
    texts?: Texts,
  ): Promise<HttpAnswer | undefined>;
  /** Whether the API gives a token for the key; true where it gives none. */
  hasToken(call: CallOptions): Promise<boolean>;
}

/** With each text as it is. A description's placeholders have no `|raw` of their own. */
const filled = (template: string, texts: Texts): string =>
  fillIn(template.replaceAll("}}", "|raw}}"), (name) => texts[name] ?? "");

const unshowable = (field: string): RekeyError =>
  new RekeyError("secret-malformed", { context: { field, problem: "cannot be shown to the API" } });

/** What a secret may hold is what can be sent without becoming something else. */
function shownTexts({ username, password }: Credential, account: string): Texts {
  const key = password.reveal();
  if (username.length > 1_024 || !isSendable(username)) throw unshowable("username");
  if (key.length > 4_096 || !isSendable(key)) throw unshowable("password");
  return { username, password: key, account };
}

const base64 = (text: string): string => Buffer.from(text, "utf8").toString("base64");

/** As RFC 6749 has a client show itself by HTTP Basic. */
const formEncoded = (text: string): string => new URLSearchParams([["", text]]).toString().slice(1);

/** A refused client is 401, or 400 with OAuth's word for it. */
const isRefusedClient = ({ status, body }: HttpAnswer): boolean =>
  status === 401 || (status === 400 && memberAt(body, "error") === "invalid_client");

/**
 * The API with this key. Its token, where it has one, lives as long as this client. Errors: `secret-malformed` for a credential
 * that cannot be sent.
 */
export function apiClient(
  { api, account }: GrantedApi,
  credential: Credential,
  { isGranted, target }: { readonly isGranted: IsGranted; readonly target: DatabaseTarget },
): ApiClient {
  const shown = shownTexts(credential, account);
  let token: string | undefined;

  /** The authority of an API within the network may be the function's own; a secret has no say in whom to trust elsewhere. */
  const send = async (
    origin: string,
    request: Parameters<typeof boundedRequest>[1] & { readonly path: string },
    call: CallOptions,
  ): Promise<HttpAnswer> => {
    const { path, ...rest } = request;
    const ca = isGranted(origin) ? target.tls.ca : undefined;
    return boundedRequest({ origin, path, isGranted }, { ...rest, ca }, call);
  };

  async function newToken(oauth: ClientCredentials, call: CallOptions): Promise<string | undefined> {
    const { origin, path, scope, secretIn } = oauth;
    const clientId = filled(oauth.clientId, shown);
    const { password = "" } = shown;
    const headers = { accept: "application/json" };
    const basic = `Basic ${base64(`${formEncoded(clientId)}:${formEncoded(password)}`)}`;
    const form = {
      grant_type: "client_credentials",
      ...defined({ scope }),
      ...(secretIn === "body" && { client_id: clientId, client_secret: password }),
    };
    const shownBy = secretIn === "basic" ? { ...headers, authorization: basic } : headers;
    const answer = await send(origin, { method: "POST", path, headers: shownBy, form }, call);
    if (isRefusedClient(answer)) return undefined;
    if (answer.status !== 200) throw refusedBy(answer, api.name, "token");
    const given = memberAt(answer.body, "access_token");
    if (typeof given === "string" && /^[\x21-\x7e]{1,65536}$/.test(given)) return given;
    throw unexpected(api.name, "token");
  }

  function headers(): Readonly<Record<string, string>> {
    const templated = Object.entries(api.headers).map(([name, template]) => {
      const text = filled(template, shown);
      if (!/^[\x20-\x7e]+$/.test(text)) throw unshowable(template.includes("password") ? "password" : "username");
      return [name, text] as const;
    });
    if (api.basic && credential.username.includes(":")) throw unshowable("username");
    return {
      accept: "application/json",
      ...Object.fromEntries(templated),
      ...(api.basic && { authorization: `Basic ${base64(`${shown["username"]}:${shown["password"]}`)}` }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    };
  }

  const client: ApiClient = {
    async hasToken(call) {
      if (api.oauth === undefined) return true;
      token ??= await newToken(api.oauth, call);
      return token !== undefined;
    },
    async ask(operation, { method, path: template, json, form }, call, texts = {}) {
      if (!(await client.hasToken(call))) return undefined;
      const all = { account, ...texts };
      const path = fillIn(template, (name) => all[name as keyof typeof all] ?? "");
      // An id that makes another path of it, next to what stands in the description.
      if (!isPath(path)) throw unexpected(api.name, operation);
      const bodyOf = (value: object | undefined): object | undefined =>
        value === undefined ? undefined : (mapTexts(value, (text) => filled(text, all)) as object);
      const body = { json: bodyOf(json), form: bodyOf(form) as Texts | undefined };
      return send(api.origin, { method, path, headers: headers(), ...defined(body) }, call);
    },
  };
  return client;
}
