import { RekeyError } from "../errors/rekey-error.ts";
import type { SecretStore } from "../ports/secret-store.ts";
import { accountIn } from "../rotation/secret-name.ts";
import { roleStore } from "./aws-clients.ts";
import type { Environment } from "./environment.ts";

/**
 * Secrets Manager of other accounts, each through the role of that account which `REKEY_ACCOUNT_ROLES` names, by the account.
 * Read at the cold start; a role is assumed when it is first needed. Errors: `option-invalid`, naming the entry.
 */
export function accountStores(environment: Environment): ReadonlyMap<string, SecretStore> {
  const option = "REKEY_ACCOUNT_ROLES";
  const stores = new Map<string, SecretStore>();
  for (const arn of environment.list(option)) {
    const [, account] = /^arn:[^:]+:iam::(\d{12}):role\/\S+$/.exec(arn) ?? [];
    if (account === undefined || stores.has(account)) {
      const problem = account === undefined ? "not the ARN of a role" : "the account has another role";
      throw new RekeyError("option-invalid", { context: { option, problem, entry: arn.slice(0, 200) } });
    }
    stores.set(account, roleStore(environment, arn));
  }
  return stores;
}

/** The way to a secret that is rotated. */
export interface WayToSecret {
  readonly store: SecretStore;
  readonly namePrefix?: string;
}

/**
 * Which Secrets Manager a secret is rotated in: the function's own, with the function's own rights, or that of another
 * account with the role that the configuration names for it, and never without one. Admin secrets of any other account are
 * read with the function's own rights, to which the configuration's list of them belongs. Errors: `account-refused`.
 */
export function wayTo(
  secretId: string,
  own: SecretStore,
  ownAccount: string | undefined,
  others: ReadonlyMap<string, SecretStore>,
): WayToSecret {
  const account = accountIn(secretId);
  if (account === undefined || ownAccount === undefined || account === ownAccount) return { store: own };
  const store = others.get(account);
  if (store === undefined) throw new RekeyError("account-refused", { context: { secret: secretId, account } });
  const read: SecretStore["read"] = async (id, at, call) =>
    (accountIn(id) === account ? store : own).read(id, at, call);
  return { store: { ...store, read }, namePrefix: `${account}:` };
}
