import { setTimeout as wait } from "node:timers/promises";
import type { CallOptions } from "../ports/call.ts";
import { textOrFile } from "./environment-file.ts";
import type { Environment } from "./environment.ts";
import { httpApiGrants } from "./rotation-grants.ts";

/**
 * What the engine of described HTTP APIs works with: `REKEY_HTTP_APIS`, JSON or the path of a file with it,
 * `REKEY_HTTP_API_GRANTS` and `REKEY_HTTP_API_ORIGINS`. Errors: `option-invalid`.
 */
export const environmentHttpApis = (
  environment: Environment,
): {
  readonly apis: string | undefined;
  readonly grants: ReturnType<typeof httpApiGrants>;
  readonly origins: readonly string[];
  readonly pause: (ms: number, call: CallOptions) => Promise<void>;
} => ({
  apis: textOrFile(environment, "REKEY_HTTP_APIS"),
  grants: httpApiGrants(environment),
  origins: environment.list("REKEY_HTTP_API_ORIGINS"),
  // The call that follows says that the time is over.
  pause: async (ms, { signal }) => wait(ms, undefined, { signal }).catch(() => undefined),
});
