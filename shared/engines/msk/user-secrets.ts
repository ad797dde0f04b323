import { isRekeyError, RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Credential } from "../../ports/database-engine.ts";
import type { StoredVersion } from "../../ports/secret-store.ts";
import { parseLoginSecret } from "../../secrets/database-secret.ts";
import type { MskSecrets } from "./engine-options.ts";

/** A secret of MSK's as it is now, and whose it is by its own content. */
export interface UserSecret {
  readonly arn: string;
  readonly version: StoredVersion;
  readonly login: Credential;
}

async function readUser(secrets: MskSecrets, arn: string, call: CallOptions): Promise<UserSecret> {
  const version = await secrets.read(arn, { label: "AWSCURRENT" }, call);
  if (version === undefined)
    throw new RekeyError("secret-not-found", { context: { secret: arn, label: "AWSCURRENT" } });
  try {
    const { username, password } = parseLoginSecret(version.value);
    return { arn, version, login: { username, password } };
  } catch (error) {
    if (!isRekeyError(error)) throw error;
    const hint = 'MSK\'s own secret of a user must be {"username": "…", "password": "…"}';
    throw new RekeyError(error.code, { context: { secret: arn, ...error.context }, hint });
  }
}

function theOnlyOf(all: readonly UserSecret[], username: string, secretName: string): UserSecret {
  const [found, ...others] = all.filter(({ login }) => login.username === username);
  if (found !== undefined && others.length === 0) return found;
  throw new RekeyError("option-invalid", {
    context: {
      option: "MskSecretGrants",
      user: username,
      problem: `${found === undefined ? "none" : "several"} of the secrets granted to this secret hold this user`,
    },
    hint: `if the secret may have this user, grant it the ARNs of both users' secrets: ${secretName}=<ARN> <ARN> in REKEY_MSK_SECRETS (template parameter MskSecretGrants). Each AmazonMSK_… secret holds its own user`,
  });
}

/**
 * MSK's secret of the user that is to have the next password. The other user's must hold the credential that has logged in: what
 * is in use is what the cluster lets in, whatever the rotated secret and its host say. Errors: `option-invalid`,
 * `secret-malformed`, `secret-not-found`, `user-collision`, those of the store.
 */
export async function idleUsersSecret(
  secrets: MskSecrets,
  { arns, secretName }: { readonly arns: readonly string[]; readonly secretName: string },
  { inUse, next }: { readonly inUse: Credential; readonly next: Credential },
  call: CallOptions,
): Promise<UserSecret> {
  const all = await Promise.all(arns.map(async (arn) => readUser(secrets, arn, call)));
  const idle = theOnlyOf(all, next.username, secretName);
  const used = theOnlyOf(all, inUse.username, secretName);
  if (idle.arn === used.arn) {
    throw new RekeyError("user-collision", { context: { user: next.username, problem: "the user in use" } });
  }
  if (used.login.password.equals(inUse.password)) return idle;
  throw new RekeyError("secret-malformed", {
    context: { secret: used.arn, field: "password", problem: "not the password of the user in use" },
    hint: "MSK's secret of the user in use and the secret that the services read must hold the same password: correct the one that is wrong, nothing was changed",
  });
}
