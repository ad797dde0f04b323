import { checkLoginFunction } from "../../shared/runtime/check-login-function.ts";
import { engines } from "./engines.ts";

/** SQS invokes it with one task of `reconcile` at a time; it logs in with AWSCURRENT and says when that is refused. */
export const handler = checkLoginFunction(engines, process.env);
