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
  | "read role mappings"
  | "try the hash"
  | "set password"
  | "make the pair"
  | "bring the pair in step";

/** A request that changes something. */
export interface Change {
  readonly operation: Operation;
  readonly method: "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly json?: object;
}

/** The security plugin's API as one user. Every request has a connection of its own. */
export interface SecurityApi {
  /** Whether the server takes the credential. Errors: those of `read`. */
  logsIn(call: CallOptions): Promise<boolean>;
  /** The JSON at a path; `undefined` where there is nothing. Errors: the table of `refusedBy`. */
  read(operation: Operation, path: string, call: CallOptions): Promise<unknown>;
  /** Idempotent; what is deleted may be gone already. */
  change(change: Change, call: CallOptions): Promise<void>;
  /** The same server's API as another user. */
  as(credential: Credential): SecurityApi;
}

export const securityPath = "_plugins/_security";

const notTheApi =
  "the answer is not that of OpenSearch's security plugin: enable the plugin, and let port be that of HTTPS";

/** The error that a refusal stands for. Of the answer only its status crosses. */
function refusedBy(answer: HttpAnswer, operation: Operation): RekeyError {
  const { status, headers } = answer;
  const context = { operation, status };
  if (headers["x-elastic-product"] !== undefined) {
    const hint = "this is Elasticsearch, which has another API for users: the engine elasticsearch rotates it";
    return new RekeyError("engine-unsupported", { context: { ...context, product: "Elasticsearch" }, hint });
  }
  if (status === 403) {
    return new RekeyError("database-rights-missing", {
      context,
      hint: "only a role in plugins.security.restapi.roles_enabled may change users: name an admin secret in masterarn whose user has one",
    });
  }
  return plainRefusal(answer, context) ?? new RekeyError("server-misbehaved", { context, hint: notTheApi });
}

export const misbehaved = (operation: Operation): RekeyError =>
  new RekeyError("server-misbehaved", { context: { operation, problem: "answer of another form" }, hint: notTheApi });

/** Errors: `secret-malformed`, `tls-refused`, with nothing sent; of each request, those of `httpFaultCodes`. */
export function securityApiOf(target: DatabaseTarget, credential: Credential): SecurityApi {
  const ask = basicApi(target, credential, bounds);
  return {
    async logsIn(call) {
      try {
        const answer = await ask("GET", `${securityPath}/authinfo`, undefined, call);
        const isElsewhere = answer.headers["x-elastic-product"] !== undefined;
        if (answer.status === 401 && !isElsewhere) return false;
        if (answer.status !== 200 || isElsewhere) throw refusedBy(answer, "log in");
        // A server that lets in whoever comes, or takes the credential for another user's, has not judged it.
        if (memberAt(answer.body, "user_name") !== credential.username) throw misbehaved("log in");
        return true;
      } catch (error) {
        throw await explainPlainLogin(error, target, call);
      }
    },
    async read(operation, path, call) {
      const answer = await ask("GET", path, undefined, call);
      if (answer.status === 200 && answer.body !== undefined) return answer.body;
      if (answer.status === 404 && memberAt(answer.body, "status") === "NOT_FOUND") return undefined;
      throw refusedBy(answer, operation);
    },
    async change({ operation, method, path, json }, call) {
      const answer = await ask(method, path, json, call);
      const isDone = answer.status === 200 || answer.status === 201;
      if (isDone || (method === "DELETE" && answer.status === 404)) return;
      throw refusedBy(answer, operation);
    },
    as: (other) => securityApiOf(target, other),
  };
}
