import type { RekeyError } from "../../errors/reading-error.ts";
import { containerKeys } from "./container-keys.ts";
import { instanceKeys } from "./instance-keys.ts";
import { keysMissing } from "./keys-in.ts";
import type { ExpiringKeys, KeyProvider, Variables } from "./key-provider.ts";

/** The SDKs renew keys so long before they expire. */
const renewedBeforeMs = 5 * 60_000;

const missing = (problem: string, hint?: string): RekeyError => keysMissing("read credentials", { problem }, hint);

const variableKeys: KeyProvider = async (variables) => {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = variables;
  if (!accessKeyId || !secretAccessKey) return undefined;
  return { accessKeyId, secretAccessKey, sessionToken: variables["AWS_SESSION_TOKEN"] || undefined };
};

/** What the SDKs would take before a container's or an instance's role, and this source does not read. */
const leftToTheSdk = ["AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE"];

const refuseWhatIsTheSdks: KeyProvider = async (variables) => {
  const named = leftToTheSdk.find((name) => variables[name]);
  if (named === undefined) return undefined;
  throw missing(`${named} is set`, "use rekey/client/secrets-manager, which reads profiles and web identities");
};

const providers: readonly KeyProvider[] = [variableKeys, refuseWhatIsTheSdks, containerKeys, instanceKeys];

export interface Credentials {
  /** Kept until shortly before they expire; callers at the same time share one request. */
  keys(): Promise<ExpiringKeys>;
  /** They were refused as expired: the next caller gets new ones. */
  forget(): void;
}

/** Keys that are read again before they expire. Errors: those of `read`. */
export function renewedKeys(
  read: (signal: AbortSignal) => Promise<ExpiringKeys>,
  now: () => number = Date.now,
): Credentials {
  let kept: ExpiringKeys | undefined;
  let reading: Promise<ExpiringKeys> | undefined;
  const isFresh = ({ expiresAtMs = Infinity }: ExpiringKeys, forMs: number): boolean => expiresAtMs - forMs > now();

  async function renewed(): Promise<ExpiringKeys> {
    // Many callers share it, so it ends by its own limit and not with one of them.
    reading ??= read(AbortSignal.timeout(5_000)).finally(() => (reading = undefined));
    return (kept = await reading);
  }
  return {
    async keys() {
      if (kept !== undefined && isFresh(kept, renewedBeforeMs)) return kept;
      const before = kept;
      return renewed().catch((error: unknown) => {
        if (before !== undefined && isFresh(before, 0)) return before;
        throw error;
      });
    },
    forget() {
      kept = undefined;
    },
  };
}

/**
 * The process's keys, in the AWS SDKs' order: variables, the endpoint of an ECS task or an EKS Pod Identity, an EC2
 * instance's role by IMDSv2. Errors: `credentials-missing`.
 */
export const credentialsOf = (variables: Variables, now: () => number = Date.now): Credentials =>
  renewedKeys(async (signal) => {
    for (const provider of providers) {
      const found = await provider(variables, signal);
      if (found !== undefined) return found;
    }
    throw missing("no variables, no container, no instance role");
  }, now);
