import { mirrorFunction } from "../../shared/runtime/mirror-function.ts";

/** SQS invokes it with batches of `Secret Rotated` events; it brings Vault to what is AWSCURRENT now. */
export const handler = mirrorFunction(process.env);
