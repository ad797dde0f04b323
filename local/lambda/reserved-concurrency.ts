import { AwsError } from "../aws/service.ts";
import type { FunctionDefinition } from "./deployed-function.ts";

/** How much may run at once in an account and region. */
export interface AccountConcurrency {
  readonly limit: number;
  /** So much stays with functions that reserve nothing. */
  readonly unreserved: number;
}

/** Of an account that has been used for a while; a fresh one begins with 10, of which nothing can be reserved. */
export const usualConcurrency: AccountConcurrency = { limit: 1000, unreserved: 100 };

const reservedBy = (functions: readonly FunctionDefinition[]): number =>
  functions.reduce((sum, { reservedConcurrency = 0 }) => sum + reservedConcurrency, 0);

/** What GetAccountSettings says of it. */
export const accountLimit = (functions: readonly FunctionDefinition[], { limit }: AccountConcurrency) => ({
  ConcurrentExecutions: limit,
  UnreservedConcurrentExecutions: limit - reservedBy(functions),
});

/** Errors: `InvalidParameterValueException` where a function would reserve what must stay with the others. */
export function checkReserved(
  functions: readonly FunctionDefinition[],
  wanted: FunctionDefinition,
  { limit, unreserved }: AccountConcurrency,
): void {
  if (wanted.reservedConcurrency === undefined) return;
  const others = functions.filter(({ name }) => name !== wanted.name);
  if (limit - reservedBy([...others, wanted]) >= unreserved) return;
  throw new AwsError(
    "InvalidParameterValueException",
    `Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [${unreserved}].`,
  );
}
