import type { SecretAdministration } from "../ports/secret-administration.ts";
import type { SecretStore } from "../ports/secret-store.ts";
import { environmentStore, putLabelledSecret } from "./aws-clients.ts";
import type { Environment } from "./environment.ts";
import { mskSecretGrants } from "./rotation-grants.ts";

/** What the engine of MSK works with: the secrets that MSK reads, with the keys of the function's role, and whom they are granted to. */
export function environmentMskSecrets(environment: Environment): {
  readonly secrets: Pick<SecretStore, "read"> & Pick<SecretAdministration, "putLabelled">;
  readonly secretsOf: (secretName: string) => readonly string[];
} {
  const grants = mskSecretGrants(environment);
  const { read } = environmentStore(environment);
  return {
    secrets: { read, putLabelled: putLabelledSecret(environment) },
    secretsOf: (secretName) => grants.get(secretName) ?? [],
  };
}
