import { ListSecretsCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { secretsManagerStore } from "../../../shared/aws/secrets-manager/secret-store.ts";
import { sdkReads } from "../../../shared/client/sources/sdk-reads.ts";
import type { SecretSource } from "../../../shared/client/sources/secret-source.ts";
import { vaultSource } from "../../../shared/client/sources/vault/vault-source.ts";
import { environmentCa } from "../../../shared/runtime/environment-ca.ts";
import { environmentLogin } from "../../../shared/runtime/environment-login.ts";
import type { Environment } from "../../../shared/runtime/environment.ts";
import { defined } from "../../../shared/secrets/defined.ts";
import { type AgentIdentity, sdkLimits, setUpMs } from "./agent-limits.ts";
import { reachedSource } from "./reached-source.ts";

/** Secrets Manager with every kind of credentials that the AWS SDK finds: profiles, SSO, web identities, an instance's role. */
export function sdkIdentity(region: string | undefined): AgentIdentity {
  const sdk = new SecretsManagerClient({ ...sdkLimits, ...defined({ region }) });
  return {
    api: {
      ...sdkReads(sdk),
      listSecrets: async (input, options) => sdk.send(new ListSecretsCommand(input), options),
    },
    // The SDK renews them by itself.
    credentials: { keys: async () => sdk.config.credentials(), forget: () => undefined },
    region: async () => sdk.config.region(),
  };
}

/** Vault's mirror; its login and its roots may be secrets. Errors: those of the login, `option-invalid`. */
export async function vaultMirror(
  address: string,
  environment: Environment,
  formOf: (mirror: SecretSource) => SecretSource,
): Promise<SecretSource> {
  const store = secretsManagerStore(new SecretsManagerClient(sdkLimits));
  return reachedSource(async () => {
    const call = { signal: AbortSignal.timeout(setUpMs) };
    const ca = await environmentCa(environment, "VAULT_CACERT", store)(call);
    return formOf(
      vaultSource({
        address,
        login: await environmentLogin(environment, store, call),
        ...defined({
          namespace: environment.text("VAULT_NAMESPACE"),
          ca,
          mount: environment.text("VAULT_MOUNT"),
          pathPrefix: environment.text("VAULT_PATH_PREFIX"),
        }),
      }),
    );
  });
}
