import type { RestOperation } from "../aws/service.ts";
import { defined } from "../../shared/secrets/defined.ts";

const functionOperations: Readonly<Record<string, string>> = {
  "GET ": "GetFunction",
  "GET configuration": "GetFunctionConfiguration",
  "POST invocations": "Invoke",
  "GET policy": "GetPolicy",
  "POST policy": "AddPermission",
  "DELETE policy": "RemovePermission",
};

/** Lambda's REST paths as operations; `FunctionName` may be a name, a partial ARN or an ARN. */
export function lambdaRoute(method: string, path: string): RestOperation | undefined {
  const [version, collection, name, ...rest] = path
    .split("/")
    .filter((part) => part !== "")
    .map(decodeURIComponent);
  if (version === "2016-08-19" && collection === "account-settings") {
    return { operation: "GetAccountSettings", input: {} };
  }
  if (version !== "2015-03-31") return undefined;
  if (collection === "event-source-mappings") return { operation: "ListEventSourceMappings", input: {} };
  if (collection !== "functions") return undefined;
  if (name === undefined) return method === "GET" ? { operation: "ListFunctions", input: {} } : undefined;
  const [part, statementId] = rest;
  const operation = functionOperations[`${method} ${part ?? ""}`];
  if (operation === undefined) return undefined;
  return {
    operation,
    input: { FunctionName: name, ...defined({ StatementId: statementId }) },
    // Invoke's body is the function's event, whatever it is.
    isRaw: operation === "Invoke",
  };
}
