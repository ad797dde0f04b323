import type { SecretValue } from "../secrets/secret-value.ts";

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

async function bodyOf(login: Exclude<VaultLogin, { readonly method: "token" }>): Promise<LoginRequest["body"]> {
  switch (login.method) {
    case "approle":
      return { role_id: login.roleId, secret_id: login.secretId.reveal() };
    case "jwt":
      return { role: login.role, jwt: (await login.token()).reveal() };
    case "aws":
      return { role: login.role, ...(await login.identity()) };
  }
}

/** What opens a token by this login. Errors: those of `token` and `identity`. */
export async function loginRequest(login: Exclude<VaultLogin, { readonly method: "token" }>): Promise<LoginRequest> {
  return { path: `auth/${login.mount ?? login.method}/login`, body: await bodyOf(login) };
}
