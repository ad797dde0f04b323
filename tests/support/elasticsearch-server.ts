import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import bcrypt from "bcryptjs";
import type { Account, ServerCertificate } from "../../shared/testing/engine-contract/fixture.ts";
import { answeringHttp, type LoopbackServer } from "./listening.ts";

/** A user as the index of the users keeps it. */
export interface KeptUser {
  password: string;
  roles: readonly string[];
  full_name: string | null;
  email: string | null;
  metadata: Readonly<Record<string, unknown>>;
  enabled: boolean;
}

/**
 * Answers like Elasticsearch's security API as its reference and its sources describe it: single names are read up to a comma,
 * a change without a hash is merged, a hash is judged by its prefix, and refused logins are counted.
 */
export interface ElasticsearchStandIn extends LoopbackServer {
  readonly users: Map<string, KeptUser>;
  /** Users of another realm, by their password. */
  readonly ofFiles: Map<string, string>;
  /** Each request with its body, as an audit log with bodies has it. */
  readonly log: readonly string[];
  forget(): void;
  isBusy: boolean;
  failedLogins: number;
  /** What a password's hash must look like. */
  takesHash: RegExp;
  accepts(account: Account): Promise<boolean>;
}

type Json = Readonly<Record<string, unknown>>;
type Answer = readonly [status: number, body: unknown];

/** A hash that costs next to nothing, for users that the tests make. */
export const quickUser = (password: string, roles: readonly string[] = []): KeptUser => ({
  password: bcrypt.hashSync(password, 4),
  roles,
  full_name: null,
  email: null,
  metadata: {},
  enabled: true,
});

const failed = (status: number, type: string): Answer => [
  status,
  { error: { root_cause: [{ type, reason: "own words" }], type, reason: "own words" }, status },
];
const isTable = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value);

/** As an update by a part of a document does it: what the part does not name stays. */
function merge(held: unknown, part: unknown): unknown {
  if (!isTable(held) || !isTable(part)) return part;
  return {
    ...held,
    ...Object.fromEntries(Object.entries(part).map(([name, value]) => [name, merge(held[name], value)])),
  };
}

const privileged: ReadonlySet<string> = new Set(["superuser", "manage_users"]);
const validName = /^(?! )[\x20-\x7e]{1,507}(?<! )$/u;

export async function startElasticsearch(certificate?: ServerCertificate): Promise<ElasticsearchStandIn> {
  const users = new Map<string, KeptUser>();
  const ofFiles = new Map<string, string>();
  const log: string[] = [];
  const compared = new Map<string, boolean>();
  const state = { isBusy: false, failedLogins: 0, takesHash: /^\$2a\$10\$[./A-Za-z0-9]{53}$/u };

  async function accepts({ username, password }: Account): Promise<boolean> {
    const kept = users.get(username);
    if (kept === undefined || !kept.enabled) return false;
    const key = JSON.stringify([kept.password, password]);
    const isRight = compared.get(key) ?? (await bcrypt.compare(password, kept.password));
    compared.set(key, isRight);
    return isRight;
  }

  const shown = (username: string, { password: _password, ...kept }: KeptUser): Json => ({ username, ...kept });

  function whoIs(name: string): Answer {
    const type = ofFiles.has(name) ? "file" : "native";
    const kept = users.get(name);
    const realm = { name: `default_${type}`, type };
    const own = kept === undefined || type === "file" ? { username: name, roles: [], metadata: {} } : shown(name, kept);
    return [200, { ...own, authentication_realm: realm, lookup_realm: realm, authentication_type: "realm" }];
  }
  function read(names: readonly string[]): Answer {
    const found = names.filter((name) => users.has(name));
    const all = found.map((name) => [name, shown(name, users.get(name) ?? quickUser(""))] as const);
    return [found.length === 0 ? 404 : 200, Object.fromEntries(all)];
  }
  function changePassword(name: string, { password_hash: hash }: Json): Answer {
    if (typeof hash !== "string" || !state.takesHash.test(hash)) return failed(400, "illegal_argument_exception");
    const kept = users.get(name);
    if (kept === undefined) return failed(400, "validation_exception");
    kept.password = hash;
    return [200, {}];
  }
  function put(name: string, { password_hash: hash, ...given }: Json): Answer {
    const isHash = typeof hash === "string" && state.takesHash.test(hash);
    if (!validName.test(name) || (hash !== undefined && !isHash) || !Array.isArray(given["roles"])) {
      return failed(400, "action_request_validation_exception");
    }
    const kept = users.get(name);
    if (isHash) users.set(name, { ...quickUser(""), ...given, password: hash });
    else if (kept === undefined) return failed(400, "validation_exception");
    else users.set(name, merge(kept, given) as KeptUser);
    return [200, { created: kept === undefined }];
  }

  async function answerTo(method: string, path: string, sender: string, body: Json): Promise<Answer> {
    const [, api, what, name, own] = path.split("/");
    const mayManage = users.get(sender)?.roles.some((role) => privileged.has(role)) === true;
    if (path === "/")
      return [200, { version: { number: "8.17.0", build_flavor: "default" }, tagline: "You Know, for Search" }];
    if (path === "/_security/_authenticate") return whoIs(sender);
    if (path === "/_security/user/_password" && method !== "GET") {
      return ofFiles.has(sender) ? failed(403, "security_exception") : changePassword(sender, body);
    }
    if (path === "/_security/user/_has_privileges") {
      return [200, { username: sender, has_all_requested: mayManage, cluster: { manage_security: mayManage } }];
    }
    if (api !== "_security" || what !== "user" || name === undefined) return failed(400, "no handler");
    if (!mayManage) return failed(403, "security_exception");
    const decoded = decodeURIComponent(name);
    if (own === "_password" && method !== "GET") return changePassword(decoded, body);
    if (method === "GET") return read(decoded.split(","));
    return method === "PUT" ? put(decoded, body) : failed(405, "method");
  }

  async function handle(request: IncomingMessage, answer: ServerResponse): Promise<void> {
    const say = ([status, body]: Answer, headers: Readonly<Record<string, string>> = {}): void =>
      void answer
        .writeHead(status, { "X-elastic-product": "Elasticsearch", "content-type": "application/json", ...headers })
        .end(JSON.stringify(body));
    const { method = "", url = "" } = request;
    const body = await text(request);
    log.push(`${method} ${url} ${body}`);
    if (state.isBusy) return say(failed(503, "unavailable_shards_exception"));
    const shownText = Buffer.from((request.headers.authorization ?? "").replace(/^Basic /u, ""), "base64").toString();
    const [, username = "", password = ""] = /^([^:]*):(.*)$/su.exec(shownText) ?? [];
    if (ofFiles.get(username) !== password && !(await accepts({ username, password }))) {
      state.failedLogins++;
      return say(failed(401, "security_exception"), {
        "www-authenticate": 'Basic realm="security", charset="UTF-8"',
      });
    }
    return say(await answerTo(method, url, username, body === "" ? {} : (JSON.parse(body) as Json)));
  }

  const server = await answeringHttp((request, answer) => void handle(request, answer), certificate);
  const forget = (): void => void log.splice(0);
  return Object.assign(state, { users, ofFiles, log, forget, accepts, ...server });
}
