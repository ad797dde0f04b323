import { RekeyError } from "../../errors/rekey-error.ts";
import type { HttpAnswer } from "../../http/exchange.ts";
import { defined } from "../../secrets/defined.ts";
import { isBusy, retryAfterMs } from "../connecting/bounded-request.ts";
import type { Operation } from "./description.ts";
import { option } from "./read-members.ts";

const noRoom =
  "the API may have no room for another key: look at how many keys the account has, delete those that nobody uses, or raise its limit";

const hintOf = (status: number, operation: Operation): string => {
  if (status >= 300 && status < 400) return "the API redirects, which is not followed: describe where it leads to";
  if (operation === "create") return `${noRoom}; or it does not take what the description has rekey send`;
  return "the API refused the request that the description has rekey send; look up the status";
};

/** The error that a refusal stands for. Of the answer only its status crosses. */
export function refusedBy(answer: HttpAnswer, api: string, operation: Operation): RekeyError {
  const { status } = answer;
  const context = { api, operation, status };
  if (status === 401) {
    return new RekeyError("credential-refused", {
      context,
      hint: "the API refused the secret's key: put a working key into the secret",
    });
  }
  if (status === 403) {
    return new RekeyError("database-rights-missing", {
      context,
      hint: `the key works, and it may not ${operation}: give it the right (scope, role) to list, create and revoke keys`,
    });
  }
  if (status === 404 || status === 405) {
    return new RekeyError("option-invalid", {
      context: { ...context, option, place: `${api}.${operation}` },
      hint: "the API has no such path, method or account: correct its description in REKEY_HTTP_APIS, or the account in REKEY_HTTP_API_GRANTS",
    });
  }
  if (isBusy(status)) {
    const hint =
      operation === "create" && status === 429 ? `the API limits the rate; if it persists: ${noRoom}` : undefined;
    return new RekeyError("database-busy", { context, hint, ...defined({ retryAfterMs: retryAfterMs(answer) }) });
  }
  return new RekeyError("database-failed", { context, hint: hintOf(status, operation) });
}

/** An answer that is not of the form that the description says. */
export const unexpected = (api: string, operation: Operation): RekeyError =>
  new RekeyError("server-misbehaved", {
    context: { api, operation, problem: "answer of another form" },
    hint: `compare the API's answer with the response paths of ${api}.${operation} in REKEY_HTTP_APIS`,
  });
