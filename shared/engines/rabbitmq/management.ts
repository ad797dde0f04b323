import { memberAt } from "../../answers/member-at.ts";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { HttpAnswer } from "../../http/exchange.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Credential, DatabaseTarget } from "../../ports/database-engine.ts";
import { type Ask, basicApi, type Bounds } from "../connecting/basic-api.ts";
import { explainPlainLogin } from "../connecting/tls-alerts.ts";

const bounds: Bounds = { timeoutMs: 5_000, maxAnswerBytes: 1024 * 1024 };

/** What is asked of the API, for errors: it names no user and holds no value. */
export type Operation =
  | "log in"
  | "read version"
  | "read user"
  | "read permissions"
  | "read connections"
  | "set password"
  | "make the pair"
  | "bring the pair in step";

/** A request that changes something. */
export interface Change {
  readonly operation: Operation;
  readonly method: "PUT" | "DELETE";
  readonly path: string;
  readonly json?: object;
}

/** The management API as one user. Every request has a connection of its own. */
export interface Management {
  /** Who the server takes the credential for: its tags, or why it lets it in nowhere. */
  whoAmI(call: CallOptions): Promise<HttpAnswer>;
  /** The JSON at a path; `undefined` where there is nothing. Errors: the table of `refusedBy`. */
  read(operation: Operation, path: string, call: CallOptions): Promise<unknown>;
  /** Idempotent; what is deleted may be gone already. */
  change(change: Change, call: CallOptions): Promise<void>;
}

/** Names of brokers that Amazon MQ gives; their API is at the port of HTTPS. */
const amazonMq = /\.mq\.[a-z0-9-]+\.(?:amazonaws\.com(?:\.cn)?|on\.aws)$/;

/** The API's port on the broker whose AMQP port this is; any other port is the API's own. Source: RabbitMQ's "Networking". */
function managementPort({ host, port }: DatabaseTarget): number {
  if (port === 5671) return amazonMq.test(host.toLowerCase()) ? 443 : 15_671;
  return port === 5672 ? 15_672 : port;
}

const notTheApi =
  "the answer is not that of RabbitMQ's management API: enable its plugin, and let port be AMQP's or the API's";

/** What the server says of a request that it does not carry out; it has a closed list of such texts. */
export const reasonOf = ({ body }: HttpAnswer): unknown => memberAt(body, "reason");

/** The error that a refusal stands for. Of the answer only its status crosses. */
function refusedBy(answer: HttpAnswer, operation: Operation): RekeyError {
  const { status } = answer;
  const context = { operation, status };
  if (status === 401 && reasonOf(answer) === "Login failed") return new RekeyError("credential-refused", { context });
  if (status === 401 || status === 403) {
    return new RekeyError("database-rights-missing", {
      context,
      hint: "only a user with the tag administrator may change users: give it to the admin secret's user",
    });
  }
  if (status === 408 || status === 429 || (status >= 502 && status <= 504)) {
    return new RekeyError("database-busy", { context });
  }
  if (status === 400 || status >= 500) return new RekeyError("database-failed", { context });
  return new RekeyError("server-misbehaved", { context, hint: notTheApi });
}

/** Errors: `secret-malformed`, `tls-refused`, with nothing sent; of each request, those of `httpFaultCodes`. */
export function managementOf(target: DatabaseTarget, credential: Credential): Management {
  // No `Accept`: a change of a limit has no answer in JSON, and asked for one the server refuses it.
  const askAt = basicApi({ ...target, port: managementPort(target) }, credential, bounds);
  const ask: Ask = async (method, path, json, call) => askAt(method, `api/${path}`, json, call);

  return {
    async whoAmI(call) {
      try {
        const answer = await ask("GET", "whoami", undefined, call);
        if (answer.status === 200 || answer.status === 401) return answer;
        throw refusedBy(answer, "log in");
      } catch (error) {
        throw await explainPlainLogin(error, target, call);
      }
    },
    async read(operation, path, call) {
      const answer = await ask("GET", path, undefined, call);
      if (answer.status === 200 && answer.body !== undefined) return answer.body;
      if (answer.status === 404 && memberAt(answer.body, "error") === "Object Not Found") return undefined;
      throw refusedBy(answer, operation);
    },
    async change({ operation, method, path, json }, call) {
      const answer = await ask(method, path, json, call);
      const isDone = answer.status >= 200 && answer.status < 300;
      if (isDone || (method === "DELETE" && answer.status === 404)) return;
      throw refusedBy(answer, operation);
    },
  };
}
