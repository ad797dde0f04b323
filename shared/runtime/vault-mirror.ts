import { isRekeyError, RekeyError } from "../errors/rekey-error.ts";
import { vaultKv2Audit } from "../mirrors/kv2-audit.ts";
import { vaultKv2Mirror, type VaultKv2Options } from "../mirrors/vault-kv2.ts";
import type { MirrorAudit } from "../operations/ports.ts";
import type { CallOptions, Mirror, SecretStore } from "../rotation/ports.ts";
import type { SecretValue } from "../secrets/secret-value.ts";
import type { Environment } from "./environment.ts";

function loginOf(environment: Environment, credential: SecretValue): VaultKv2Options["login"] {
  const method = environment.text("VAULT_AUTH") ?? "approle";
  if (method === "token") return { method, token: credential };
  if (method === "approle") return { method, roleId: environment.required("VAULT_ROLE_ID"), secretId: credential };
  throw new RekeyError("option-invalid", { context: { option: "VAULT_AUTH" }, hint: "use approle or token" });
}

/**
 * The login credential is itself a secret in Secrets Manager (`VAULT_CREDENTIAL_SECRET`). Errors: `mirror-unauthorized`
 * when it has no value, and those of the store.
 */
async function readOptions(environment: Environment, store: SecretStore, call: CallOptions): Promise<VaultKv2Options> {
  const id = environment.required("VAULT_CREDENTIAL_SECRET");
  const credential = await store.read(id, { label: "AWSCURRENT" }, call);
  if (credential === undefined)
    throw new RekeyError("mirror-unauthorized", { context: { secret: id, problem: "no value" } });
  const optional = (option: string, name: string): Record<string, string> => {
    const value = environment.text(name);
    return value === undefined ? {} : { [option]: value };
  };
  return {
    address: environment.required("VAULT_ADDR"),
    login: loginOf(environment, credential.value),
    ...optional("mount", "VAULT_MOUNT"),
    ...optional("pathPrefix", "VAULT_PATH_PREFIX"),
    ...optional("namespace", "VAULT_NAMESPACE"),
    ...optional("ca", "VAULT_CACERT"),
  };
}

/** An adapter that is made at its first use, and anew after Vault has refused the login that it was made with. */
function opened<Adapter>(
  open: (call: CallOptions) => Promise<Adapter>,
): <Result>(call: CallOptions, work: (adapter: Adapter) => Promise<Result>) => Promise<Result> {
  let adapter: Adapter | undefined;
  return async (call, work) => {
    adapter ??= await open(call);
    try {
      return await work(adapter);
    } catch (error) {
      // A refused login may be mended by a newer credential; a policy's denial is not.
      if (isRekeyError(error, "mirror-unauthorized") && error.context["operation"] === "login") adapter = undefined;
      throw error;
    }
  };
}

/** The mirror that the environment describes. */
export function environmentMirror(environment: Environment, store: SecretStore): Mirror {
  const use = opened(async (call) => vaultKv2Mirror(await readOptions(environment, store, call)));
  return { write: async (entry, call) => use(call, async (mirror) => mirror.write(entry, call)) };
}

/** A look at the mirror that the environment describes; `undefined` where it describes none. */
export function environmentAudit(environment: Environment, store: SecretStore): MirrorAudit | undefined {
  if (environment.text("VAULT_ADDR") === undefined) return undefined;
  const use = opened(async (call) => vaultKv2Audit(await readOptions(environment, store, call)));
  return { compare: async (entry, call) => use(call, async (audit) => audit.compare(entry, call)) };
}
