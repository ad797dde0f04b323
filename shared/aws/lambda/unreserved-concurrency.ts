import { GetAccountSettingsCommand, type LambdaClient } from "@aws-sdk/client-lambda";
import type { Concurrency } from "../../ports/account.ts";

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
