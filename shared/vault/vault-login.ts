import { RekeyError } from "../errors/rekey-error.ts";
import type { SecretValue } from "../secrets/secret-value.ts";
import { headerToken, trimmedCredential } from "./header-token.ts";
import { authMount } from "./vault-mount.ts";

/** Where an auth method is mounted below `auth/`: under its own name unless said. */
interface Mounted {
  readonly mount?: string;
}

export type VaultLogin =
  | { readonly method: "token"; readonly token: SecretValue }
  | ({ readonly method: "approle"; readonly roleId: string; readonly secretId: SecretValue } & Mounted)
  | ({
      readonly method: "jwt";
      readonly role: string;
      /** Asked at each login, since such tokens are short-lived. */
      readonly token: () => Promise<SecretValue>;
    } & Mounted)
  | ({
      readonly method: "aws";
      readonly role: string;
      /** A signed request that proves who asks, made anew at each login: `signedIdentity`. */
      readonly identity: () => Promise<Readonly<Record<string, string>>>;
    } & Mounted);

export interface LoginRequest {
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** The login as Vault takes it: mounts in any common spelling, credentials without white space around them. Errors: `option-invalid`. */
export function usableLogin(login: VaultLogin): VaultLogin {
  if (login.method === "token") return { ...login, token: headerToken("login.token", login.token) };
  const mounted = login.mount === undefined ? login : { ...login, mount: authMount("login.mount", login.mount) };
  if (mounted.method !== "approle") return mounted;
  const secretId = trimmedCredential("login.secretId", mounted.secretId);
  return { ...mounted, roleId: mounted.roleId.trim(), secretId };
}

/** What a callback of the caller's throws may hold a token. */
async function given<Given>(option: string, callback: () => Promise<Given>): Promise<Given> {
  try {
    return await callback();
  } catch (error) {
    if (error instanceof RekeyError) throw error;
    throw new RekeyError("credentials-missing", {
      context: { operation: "login", option, reason: "the callback failed" },
    });
  }
}

async function bodyOf(login: Exclude<VaultLogin, { readonly method: "token" }>): Promise<LoginRequest["body"]> {
  switch (login.method) {
    case "approle":
      return { role_id: login.roleId, secret_id: login.secretId.reveal() };
    case "jwt":
      return {
        role: login.role,
        jwt: await given("login.token", async () => trimmedCredential("login.token", await login.token()).reveal()),
      };
    case "aws":
      return { role: login.role, ...(await given("login.identity", login.identity)) };
  }
}

/** What opens a token by this login. Errors: those of `token` and `identity`. */
export async function loginRequest(login: Exclude<VaultLogin, { readonly method: "token" }>): Promise<LoginRequest> {
  return { path: `auth/${login.mount ?? login.method}/login`, body: await bodyOf(login) };
}
