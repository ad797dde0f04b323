import { readFile } from "node:fs/promises";
import { RekeyError } from "../errors/rekey-error.ts";
import type { CallOptions } from "../ports/call.ts";
import type { SecretStore } from "../ports/secret-store.ts";
import { defined } from "../secrets/defined.ts";
import { SecretValue } from "../secrets/secret-value.ts";
import { headerToken, trimmedCredential } from "../vault/header-token.ts";
import { signedIdentity } from "../vault/signed-identity.ts";
import type { VaultLogin } from "../vault/vault-login.ts";
import { environmentKeys } from "./aws-clients.ts";
import type { Environment } from "./environment.ts";

const option = "VAULT_CREDENTIAL_SECRET";

async function credentialOf(environment: Environment, store: SecretStore, call: CallOptions): Promise<SecretValue> {
  const secret = environment.required(option);
  const credential = await store.read(secret, { label: "AWSCURRENT" }, call);
  if (credential === undefined) {
    throw new RekeyError("secret-not-found", { context: { operation: "login", secret, label: "AWSCURRENT" } });
  }
  return credential.value;
}

async function tokenIn(file: string): Promise<SecretValue> {
  try {
    return new SecretValue((await readFile(file, "utf8")).trim());
  } catch {
    const context = { operation: "login", option: "VAULT_JWT_FILE", problem: "cannot be read" };
    throw new RekeyError("mirror-unauthorized", { context });
  }
}

/**
 * The login that `VAULT_AUTH` names. Its credential is a secret in Secrets Manager (`VAULT_CREDENTIAL_SECRET`: the secret id,
 * the token, the JWT), a file that is read at each login (`VAULT_JWT_FILE`), or the function's own role (`aws`). Errors:
 * `option-invalid`, `mirror-unauthorized`, those of the store.
 */
export async function environmentLogin(
  environment: Environment,
  store: SecretStore,
  call: CallOptions,
): Promise<VaultLogin> {
  const method = environment.text("VAULT_AUTH") ?? "approle";
  const mount = defined({ mount: environment.text("VAULT_AUTH_MOUNT") });
  switch (method) {
    case "token":
      return { method, token: headerToken(option, await credentialOf(environment, store, call)) };
    case "approle": {
      const secretId = trimmedCredential(option, await credentialOf(environment, store, call));
      return { method, roleId: environment.required("VAULT_ROLE_ID"), secretId, ...mount };
    }
    case "jwt": {
      const file = environment.text("VAULT_JWT_FILE");
      const held = file === undefined ? await credentialOf(environment, store, call) : undefined;
      const role = environment.required("VAULT_ROLE");
      return { method, role, token: async () => held ?? tokenIn(environment.required("VAULT_JWT_FILE")), ...mount };
    }
    case "aws": {
      const options = {
        credentials: environmentKeys,
        ...defined({
          serverId: environment.text("VAULT_AWS_SERVER_ID"),
          region: environment.text("VAULT_AWS_REGION"),
        }),
      };
      return { method, role: environment.required("VAULT_ROLE"), identity: () => signedIdentity(options), ...mount };
    }
    default: {
      const hint = "use approle, aws, jwt or token";
      throw new RekeyError("option-invalid", { context: { option: "VAULT_AUTH" }, hint });
    }
  }
}
