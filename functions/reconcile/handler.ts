import { reconcileFunction } from "../../shared/runtime/reconcile-function.ts";

/** SQS invokes it with one task at a time: to list the managed secrets, or to examine some of them. */
export const handler = reconcileFunction(process.env);
