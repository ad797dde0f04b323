import { setTimeout as wait } from "node:timers/promises";
import { IAMClient } from "@aws-sdk/client-iam";
import { STSClient } from "@aws-sdk/client-sts";
import { iamAccessKeys } from "../aws/iam/access-keys.ts";
import type { AccessKeys } from "../ports/access-keys.ts";
import type { CallOptions } from "../ports/call.ts";
import { sdkLimits } from "./aws-clients.ts";
import type { Environment } from "./environment.ts";
import { iamUserGrants } from "./rotation-grants.ts";

/** What the engine of access keys works with: IAM as the function's role, and the users that `REKEY_IAM_USERS` grants. */
export function environmentAccessKeys(environment: Environment): {
  readonly keys: AccessKeys;
  readonly isGranted: (secretName: string, user: string) => boolean;
  readonly pause: (ms: number, call: CallOptions) => Promise<void>;
} {
  const grants = iamUserGrants(environment);
  return {
    keys: iamAccessKeys({
      iam: new IAMClient(sdkLimits),
      iamOnce: new IAMClient({ ...sdkLimits, maxAttempts: 1 }),
      stsOf: (credentials) => new STSClient({ ...sdkLimits, credentials }),
    }),
    isGranted: (secretName, user) => grants.get(secretName)?.includes(user) === true,
    // The call that follows says that the time is over.
    pause: async (ms, { signal }) => wait(ms, undefined, { signal }).catch(() => undefined),
  };
}
