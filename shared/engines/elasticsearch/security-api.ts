import { memberAt } from "../../answers/member-at.ts";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { HttpAnswer } from "../../http/exchange.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Credential, DatabaseTarget } from "../../ports/database-engine.ts";
import { basicApi, type Bounds, plainRefusal } from "../connecting/basic-api.ts";
import { explainPlainLogin } from "../connecting/tls-alerts.ts";

const bounds: Bounds = { timeoutMs: 10_000, maxAnswerBytes: 4 * 1024 * 1024 };

/** What is asked of the API, for errors: it names no user and holds no value. */
export type Operation =
  | "log in"
  | "read version"
  | "read rights"
  | "read user"
  | "set password"
  | "make the pair"
  | "bring the pair in step";

/** A request that changes something. */
export interface Change {
  readonly operation: Operation;
  readonly method: "PUT" | "POST";
  readonly path: string;
  readonly json: object;
}

/** Whom the server takes the session for. */
export interface Identity {
  readonly username: string;
  /** `native`, `reserved`, `file`, `ldap` and others. */
  readonly realmType: string;
  readonly isReserved: boolean;
}

/** The API as one user. Every request has a connection of its own. */
export interface SecurityApi {
  /** `undefined`: the server refuses the credential. Errors: those of `read`, `engine-unsupported`. */
  whoAmI(call: CallOptions): Promise<Identity | undefined>;
  /** The JSON at a path, or what the server says to a question; `undefined` where there is nothing. Errors: the table of `refusedBy`. */
  read(operation: Operation, path: string, call: CallOptions, question?: object): Promise<unknown>;
  /** Idempotent. Errors: the table of `refusedBy`. */
  change(change: Change, call: CallOptions): Promise<void>;
}

export const securityPath = "_security";

const notTheApi =
  "the answer is not that of Elasticsearch's security: let xpack.security.enabled be true, and port be that of HTTPS";

/** What Elasticsearch calls a hash of an algorithm that it does not take; of all else in a request rekey has made sure. */
const refusedHash = ["illegal_argument_exception", "action_request_validation_exception"];

/** The error that a refusal stands for. Of the answer only its status crosses. */
function refusedBy(answer: HttpAnswer, operation: Operation, json: object = {}): RekeyError {
  const { status, body } = answer;
  const context = { operation, status };
  if (status === 403) {
    return new RekeyError("database-rights-missing", {
      context,
      hint: "only a user with the cluster privilege manage_security may change other users: name an admin secret in masterarn whose user has it",
    });
  }
  if (
    status === 400 &&
    "password_hash" in json &&
    refusedHash.some((type) => type === memberAt(body, "error", "type"))
  ) {
    return new RekeyError("account-unsupported", {
      context: { ...context, property: "no password by bcrypt" },
      hint: "the server does not take the hash: rekey needs xpack.security.authc.password_hashing.algorithm: bcrypt, which is the default",
    });
  }
  return plainRefusal(answer, context) ?? new RekeyError("server-misbehaved", { context, hint: notTheApi });
}

export const misbehaved = (operation: Operation): RekeyError =>
  new RekeyError("server-misbehaved", { context: { operation, problem: "answer of another form" }, hint: notTheApi });

/** Whose answer it is, by its headers: every one of Elasticsearch's names it, and a refused login the realm of its security. */
function productOf({ headers, status }: HttpAnswer): "Elasticsearch" | "OpenSearch" | undefined {
  if (headers["x-elastic-product"] === "Elasticsearch") return "Elasticsearch";
  const asked = headers["www-authenticate"] ?? "";
  if (headers["x-opensearch-version"] !== undefined || asked.includes("OpenSearch")) return "OpenSearch";
  return status === 401 && asked.includes('realm="security"') ? "Elasticsearch" : undefined;
}

function identityIn(body: unknown, { username }: Credential): Identity {
  const realmType = memberAt(body, "authentication_realm", "type");
  // A server that lets in whoever comes, or takes the credential for another user's, has not judged it.
  if (memberAt(body, "username") !== username || typeof realmType !== "string") throw misbehaved("log in");
  return { username, realmType, isReserved: memberAt(body, "metadata", "_reserved") === true };
}

/** Errors: those of `basicApi`. */
export function securityApiOf(target: DatabaseTarget, credential: Credential): SecurityApi {
  const ask = basicApi(target, credential, bounds);

  /** OpenSearch says its name at the root: of a path that it does not know it says so, whoever asks. */
  async function isOpensearch(call: CallOptions): Promise<boolean> {
    const answer = await ask("GET", "", undefined, call);
    return productOf(answer) === "OpenSearch" || memberAt(answer.body, "version", "distribution") === "opensearch";
  }
  async function otherProduct(answer: HttpAnswer, call: CallOptions): Promise<RekeyError> {
    // What comes from elsewhere, a proxy's refusal among it, says nothing of the credential.
    if (productOf(answer) !== "OpenSearch" && !(await isOpensearch(call))) return misbehaved("log in");
    const context = { operation: "log in", status: answer.status, product: "OpenSearch" };
    const hint = "this is OpenSearch, which has another API for users: let the secret's engine be opensearch";
    return new RekeyError("engine-unsupported", { context, hint });
  }
  async function logIn(call: CallOptions): Promise<Identity | undefined> {
    const answer = await ask("GET", `${securityPath}/_authenticate`, undefined, call);
    const isBusy = answer.status === 408 || answer.status === 429 || answer.status >= 500;
    if (isBusy) throw refusedBy(answer, "log in");
    if (productOf(answer) !== "Elasticsearch") throw await otherProduct(answer, call);
    if (answer.status === 401) return undefined;
    if (answer.status !== 200) throw refusedBy(answer, "log in");
    return identityIn(answer.body, credential);
  }

  return {
    async whoAmI(call) {
      try {
        return await logIn(call);
      } catch (error) {
        throw await explainPlainLogin(error, target, call);
      }
    },
    async read(operation, path, call, question) {
      const answer = await ask(question === undefined ? "GET" : "POST", path, question, call);
      if (answer.status === 200 && answer.body !== undefined) return answer.body;
      // What has no such user is an empty object; any other 404 is a path that the server does not know.
      if (answer.status === 404 && JSON.stringify(answer.body) === "{}") return undefined;
      throw refusedBy(answer, operation);
    },
    async change({ operation, method, path, json }, call) {
      const answer = await ask(method, path, json, call);
      if (answer.status !== 200 && answer.status !== 201) throw refusedBy(answer, operation, json);
    },
  };
}
