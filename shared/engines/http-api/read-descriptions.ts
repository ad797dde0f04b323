import { memberAt } from "../../answers/member-at.ts";
import { isMembers } from "../../answers/members.ts";
import { defined } from "../../secrets/defined.ts";
import { fillIn, placeholdersIn } from "../../secrets/placeholders.ts";
import type { IsGranted } from "../connecting/granted-origins.ts";
import { requireGrantForHttp } from "../connecting/bounded-request.ts";
import type { ClientCredentials, HttpApi, RequestTemplate } from "./description.ts";
import { invalid, isPath, mapTexts, membersIn, originIn, pointerIn, templateIn, textIn } from "./read-members.ts";

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/** Headers that say where a message ends or goes, which is the connection's own affair. */
const ofTheConnection =
  /^(?:host|connection|content-length|expect|keep-alive|te|trailer|transfer-encoding|upgrade|proxy-.*)$/;

/** What a request has besides its own members. */
interface RequestRules {
  readonly place: string;
  readonly method: string;
  /** What may stand in it. */
  readonly names: readonly string[];
  readonly members?: readonly string[];
}

function requestIn(value: unknown, { place, method, names, members = [] }: RequestRules): RequestTemplate {
  const given = membersIn(value, place, ["method", "path", "json", "form", ...members]);
  const said = given["method"] ?? method;
  if (typeof said !== "string" || !methods.includes(said)) {
    throw invalid(`${place}.method`, `not one of ${methods.join(", ")}`);
  }
  const path = templateIn(given["path"], `${place}.path`, names);
  if (!isPath(fillIn(path, () => "x"))) throw invalid(`${place}.path`, "not a path such as /v1/keys");
  const { json, form } = given;
  if (json !== undefined && form !== undefined) throw invalid(place, "has both json and form");
  if (json !== undefined && (typeof json !== "object" || json === null)) {
    throw invalid(`${place}.json`, "neither an object nor a list");
  }
  mapTexts(json, (text) => (text === "" ? text : templateIn(text, `${place}.json`, names)));
  const fields = form === undefined ? undefined : membersOfForm(form, `${place}.form`, names);
  return { method: said, path, ...defined({ json, form: fields }) };
}

function membersOfForm(form: unknown, place: string, names: readonly string[]): Readonly<Record<string, string>> {
  if (!isMembers(form)) throw invalid(place, "not an object");
  return Object.fromEntries(
    Object.entries(form).map(([name, value]) => [name, templateIn(value, `${place}.${name.slice(0, 64)}`, names)]),
  );
}

/** Whether this placeholder stands anywhere in the request. */
function has(request: RequestTemplate, name: string): boolean {
  const texts = [request.path];
  mapTexts([request.json, request.form], (text) => {
    texts.push(text);
    return text;
  });
  return texts.some((text) => placeholdersIn(text).some((found) => found.name === name));
}

function headersIn(value: unknown, place: string): Readonly<Record<string, string>> {
  if (value === undefined) return {};
  if (!isMembers(value)) throw invalid(place, "not an object");
  const headers = Object.entries(value).map(([written, text]) => {
    const name = written.toLowerCase();
    const at = `${place}.${written.slice(0, 64)}`;
    if (!/^[a-z0-9-]{1,64}$/.test(name)) throw invalid(at, "not a header's name");
    if (ofTheConnection.test(name)) throw invalid(at, "a header of the connection, which may not be set");
    const template = templateIn(text, at, ["username", "password", "account"]);
    if (!/^[\x20-\x7e]+$/.test(template)) throw invalid(at, "has characters that a header does not take");
    return [name, template] as const;
  });
  return Object.fromEntries(headers);
}

function clientCredentialsIn(value: unknown, place: string): ClientCredentials {
  const given = membersIn(value, place, ["origin", "path", "clientId", "scope", "secretIn"]);
  const secretIn = given["secretIn"] ?? "body";
  if (secretIn !== "body" && secretIn !== "basic") throw invalid(`${place}.secretIn`, "neither body nor basic");
  const path = textIn(given["path"], `${place}.path`);
  if (!isPath(path)) throw invalid(`${place}.path`, "not a path such as /oauth/token");
  const scope = given["scope"] === undefined ? undefined : textIn(given["scope"], `${place}.scope`);
  const clientId = templateIn(given["clientId"] ?? "{{username}}", `${place}.clientId`, ["username", "account"]);
  return { origin: originIn(given["origin"], `${place}.origin`), path, clientId, secretIn, ...defined({ scope }) };
}

function settlesMsIn(value: unknown, place: string): number {
  if (typeof value === "number" && value >= 0 && value <= 30) return value * 1_000;
  throw invalid(place, "not a number of seconds up to 30");
}

function apiIn(name: string, value: unknown): HttpApi {
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(name)) throw invalid(name.slice(0, 64), "not a name in small letters");
  const parts = ["origin", "headers", "basic", "oauth", "create", "verify", "list", "revoke", "settles"];
  const given = membersIn(value, name, parts);
  const at = (part: string, method: string, names: readonly string[], members: readonly string[] = []) =>
    requestIn(given[part], { place: `${name}.${part}`, method, names: ["account", ...names], members });
  const pointer = (part: string, member: string) =>
    pointerIn(memberAt(given, part, member), `${name}.${part}.${member}`);

  const headers = headersIn(given["headers"], `${name}.headers`);
  const basic = given["basic"] ?? false;
  if (typeof basic !== "boolean") throw invalid(`${name}.basic`, "neither true nor false");
  const oauth = given["oauth"] === undefined ? undefined : clientCredentialsIn(given["oauth"], `${name}.oauth`);
  const shown = Object.values(headers).some((text) => placeholdersIn(text).some((one) => one.name === "password"));
  if ([shown, basic, oauth !== undefined].filter(Boolean).length !== 1) {
    throw invalid(name, "must show the key in one way: {{password}} in a header, basic, or oauth");
  }
  if (!shown && "authorization" in headers) {
    throw invalid(`${name}.headers.authorization`, "shows no key, and basic and oauth write it");
  }

  const create = at("create", "POST", ["label"], ["id", "key"]);
  if (!has(create, "label")) throw invalid(`${name}.create`, "has no {{label}}, by which rekey finds its own keys");
  const list = at("list", "GET", [], ["items", "id", "label", "more"]);
  const revoke = at("revoke", "DELETE", ["id"]);
  if (!has(revoke, "id")) throw invalid(`${name}.revoke`, "has no {{id}}");
  if (given["verify"] === undefined && oauth === undefined) throw invalid(`${name}.verify`, "missing");
  const verify = given["verify"] === undefined ? undefined : at("verify", "GET", []);
  const more = memberAt(given, "list", "more") === undefined ? undefined : pointer("list", "more");
  return {
    name,
    origin: originIn(given["origin"], `${name}.origin`),
    headers,
    basic,
    create: { ...create, id: pointer("create", "id"), key: pointer("create", "key") },
    list: {
      ...list,
      items: pointer("list", "items"),
      id: pointer("list", "id"),
      label: pointer("list", "label"),
      ...defined({ more }),
    },
    revoke,
    settlesMs: settlesMsIn(given["settles"] ?? 0, `${name}.settles`),
    ...defined({ oauth, verify }),
  };
}

/**
 * Reads the descriptions of a function's `REKEY_HTTP_APIS`, JSON of APIs by name; none where it is unset. Errors:
 * `option-invalid`, with the place; also for an origin that is plain http and not granted.
 */
export function readDescriptions(text: string | undefined, isGranted: IsGranted): ReadonlyMap<string, HttpApi> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text ?? "{}");
  } catch {
    throw invalid("(whole)", "not JSON");
  }
  if (!isMembers(parsed)) throw invalid("(whole)", "not an object");
  const apis = Object.entries(parsed).map(([name, value]) => apiIn(name, value));
  for (const { origin, oauth } of apis) {
    requireGrantForHttp(origin, isGranted);
    if (oauth !== undefined) requireGrantForHttp(oauth.origin, isGranted);
  }
  return new Map(apis.map((api) => [api.name, api]));
}
