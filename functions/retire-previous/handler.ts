import { retireFunction } from "../../shared/runtime/retire-function.ts";

/** SQS invokes it with one `Secret Rotated` or `Secret Adopted` at a time; it has the replaced credential retired when that is due. */
export const handler = retireFunction(process.env);
