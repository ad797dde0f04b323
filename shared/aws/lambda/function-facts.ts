import { GetAccountSettingsCommand, GetFunctionConfigurationCommand, type LambdaClient } from "@aws-sdk/client-lambda";
import type { Concurrency, FunctionPresence } from "../../ports/account.ts";
import { awsErrorName } from "../errors/translate-error.ts";
import { awsCall } from "../errors/aws-failure.ts";

/** Whether a function is there, which is not the same as being allowed to see it. */
export const functionPresence =
  (lambda: LambdaClient): FunctionPresence =>
  async (FunctionName, call) =>
    awsCall({ operation: "GetFunctionConfiguration", resource: FunctionName }, call, async (options) => {
      try {
        await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }), options);
        return true;
      } catch (error) {
        if (awsErrorName(error) === "ResourceNotFoundException") return false;
        throw error;
      }
    });

/** What Lambda says of the account and region; `undefined` where it may not be asked. */
export const unreservedConcurrency =
  (lambda: LambdaClient): Concurrency =>
  async ({ signal }) => {
    try {
      const { AccountLimit } = await lambda.send(new GetAccountSettingsCommand({}), { abortSignal: signal });
      return AccountLimit?.UnreservedConcurrentExecutions;
    } catch {
      return undefined;
    }
  };
