import { mirrorFunction } from "../../shared/runtime/mirror-function.ts";

/** SQS invokes it with batches of events; it brings Vault to how each secret stands now. */
export const handler = mirrorFunction(process.env);
