import { credentialsOf, renewedKeys } from "../../../shared/aws/signed/credentials.ts";
import { endpointOf } from "../../../shared/aws/signed/endpoint.ts";
import { fileKeys } from "../../../shared/aws/signed/file-keys.ts";
import { checkIdentity, roleKeys } from "../../../shared/aws/signed/role-keys.ts";
import { signedSecretsManager } from "../../../shared/aws/signed/secrets-manager-api.ts";
import { isRekeyError } from "../../../shared/errors/rekey-error.ts";
import { defined } from "../../../shared/secrets/defined.ts";
import { type AgentIdentity, requestTimeoutMs, type SdkIdentity, setUpMs } from "./agent-limits.ts";

export type Variables = Readonly<Record<string, string | undefined>>;

/** What the agent's own identity is made of, next to the variables. */
export interface IdentityOptions {
  readonly region: string | undefined;
  readonly credentialsFile: string | undefined;
}

const limits = { maxAttempts: 1, requestTimeoutMs };
const sessionName = "rekey-agent";

/** Whether the variables name keys and a region, so that nothing of the AWS SDK's chain is needed to find them. */
function hasKeys(variables: Variables): boolean {
  const has = (name: string): boolean => Boolean(variables[name]);
  const isContainer = has("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") || has("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  const areKeys = has("AWS_ACCESS_KEY_ID") && has("AWS_SECRET_ACCESS_KEY");
  const isTheSdks = has("AWS_PROFILE") || (!areKeys && has("AWS_WEB_IDENTITY_TOKEN_FILE"));
  return has("AWS_REGION") && (areKeys || isContainer) && !isTheSdks;
}

/**
 * The agent's own identity. The AWS SDK is loaded only where it is needed: where neither a file nor the variables name keys.
 * Errors: `option-invalid`.
 */
export async function ownIdentity(
  variables: Variables,
  { region, credentialsFile }: IdentityOptions,
): Promise<AgentIdentity> {
  const named = { ...variables, ...(region !== undefined && { AWS_REGION: region }) };
  if (credentialsFile === undefined && !hasKeys(named)) return (await import("./agent-sdk.ts")).sdkIdentity(region);
  const credentials =
    credentialsFile === undefined ? credentialsOf(named) : renewedKeys(async () => fileKeys(credentialsFile));
  const { region: found } = endpointOf("secretsmanager", {}, named);
  return { api: signedSecretsManager({ ...limits, credentials }, named), credentials, region: async () => found };
}

/** A role that `own` assumes, once it is asked for something. Errors: `option-invalid`. */
export async function roleIdentity(
  { credentials: own, region }: AgentIdentity,
  roleArn: string,
  variables: Variables,
): Promise<AgentIdentity> {
  const at = { region: await region() };
  const caller = { endpoint: endpointOf("sts", at, variables), credentials: own };
  const credentials = renewedKeys(async (signal) => roleKeys(caller, { roleArn, sessionName }, signal));
  return { api: signedSecretsManager({ ...limits, ...at, credentials }, variables), credentials, region };
}

/** Errors: those of the store, for keys that are not taken. An STS that does not answer is no error. */
export async function checkedIdentity({ credentials, region }: AgentIdentity, variables: Variables): Promise<void> {
  const endpoint = endpointOf("sts", { region: await region() }, variables);
  await checkIdentity({ endpoint, credentials }, AbortSignal.timeout(setUpMs)).catch((error: unknown) => {
    if (!isRekeyError(error) || error.disposition !== "retry") throw error;
  });
}

/** The same for the services that only the SDK calls, where it would not find the file or the region by itself. */
export const forSdk = ({ region, credentialsFile }: IdentityOptions, { credentials }: AgentIdentity): SdkIdentity =>
  defined({
    region,
    credentials:
      credentialsFile === undefined
        ? undefined
        : async () => {
            const { accessKeyId, secretAccessKey, sessionToken, expiresAtMs } = await credentials.keys();
            const expiration = expiresAtMs === undefined ? undefined : new Date(expiresAtMs);
            return { accessKeyId, secretAccessKey, ...defined({ sessionToken, expiration }) };
          },
  });
