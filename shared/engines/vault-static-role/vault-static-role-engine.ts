import { memberAt } from "../../answers/member-at.ts";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { CredentialIssuer } from "../../ports/credential-issuer.ts";
import type {
  Credential,
  DatabaseEngine,
  DatabaseSession,
  DatabaseTarget,
  Rehearsal,
} from "../../ports/database-engine.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import type { VaultSend } from "../../vault/connect-vault.ts";
import { isPolicyDenial, refused } from "../../vault/vault-answer.ts";
import type { VaultAnswer } from "../../vault/vault-client.ts";
import { checkedPath } from "../../vault/vault-path.ts";
import { vaultDbMountTag, vaultRoleTag } from "../../tags/tag-names.ts";

interface StaticRole {
  readonly mount: string;
  readonly role: string;
}

/** Static roles as `mount/role`, by the name of the secret that may have them stored in it. */
export type RoleGrants = ReadonlyMap<string, readonly string[]>;

/** The role that the secret's tags choose, where the function's owner granted it to the secret. Errors: `option-invalid`. */
function staticRoleOf({ secretName = "", options }: DatabaseTarget, grants: RoleGrants): StaticRole {
  const role = options.get(vaultRoleTag);
  if (role === undefined) {
    throw new RekeyError("option-invalid", {
      context: { option: vaultRoleTag, problem: "not set" },
      hint: "name the static role of Vault's database engine with this tag",
    });
  }
  const chosen = {
    mount: checkedPath(vaultDbMountTag, options.get(vaultDbMountTag) ?? "database"),
    role: checkedPath(vaultRoleTag, role),
  };
  const path = `${chosen.mount}/${chosen.role}`;
  if (grants.get(secretName)?.includes(path) === true) return chosen;
  throw new RekeyError("option-invalid", {
    context: { option: vaultRoleTag, path, problem: "not granted to this secret" },
    hint: `if this role belongs to the secret, add ${secretName}=${path} to REKEY_VAULT_ROLES (template parameter VaultRoleGrants)`,
  });
}

const rightMissing = (operation: "read" | "write", path: string, status: number): RekeyError =>
  new RekeyError("mirror-unauthorized", {
    context: { operation, path, status },
    hint: `give the policy of the function's login: path "${path}" { capabilities = ["${operation === "read" ? "read" : "update"}"] }`,
  });

/** 204 for a rotation, and 200, are success. Vault answers 400 for a role that it does not have, 404 for a mount. */
function requireSuccess(answer: VaultAnswer, operation: "read" | "write", path: string): void {
  const { status } = answer;
  if (status === 200 || status === 204) return;
  if (status === 400 || status === 404) {
    throw new RekeyError("option-invalid", {
      context: { option: vaultRoleTag, path, status },
      hint: `Vault has no such static role: check the tags ${vaultRoleTag} and ${vaultDbMountTag}`,
    });
  }
  if (isPolicyDenial(answer)) throw rightMissing(operation, path, status);
  throw refused(answer, operation, path);
}

/**
 * Vault's or OpenBao's database secrets engine as the authority over a credential: a static role. Vault sets the password in
 * the database, in its own way and with its own rights; this engine has Vault do so and never contacts the database. So a
 * login here means that Vault holds this password as the role's current one, and Vault has answered for it that the database
 * took it. Between Vault's rotation and the end of rekey's, the database takes only what Vault holds; a rotation that is cut
 * there adopts it when it is repeated.
 *
 * Errors: `option-invalid` for a role that Vault does not have or that is not granted to the secret; `mirror-unauthorized`,
 * `mirror-unavailable` (also when Vault could not reach the database), `mirror-rejected`, `tls-refused`,
 * `time-budget-spent`.
 */
export function vaultStaticRoleEngine(send: VaultSend, grants: RoleGrants): DatabaseEngine & CredentialIssuer {
  async function read({ mount, role }: StaticRole, call: CallOptions): Promise<Credential> {
    const path = `${mount}/static-creds/${role}`;
    const answer = await send({ verb: "read", path }, call);
    requireSuccess(answer, "read", path);
    const username = memberAt(answer.body, "data", "username");
    const password = memberAt(answer.body, "data", "password");
    if (typeof username === "string" && typeof password === "string" && password !== "") {
      return { username, password: new SecretValue(password) };
    }
    throw new RekeyError("mirror-rejected", {
      context: { path, problem: "no credential in the answer" },
      hint: "the static role must hold a password: rekey does not store other credential types",
    });
  }

  /** Vault tells every token what it may do; where it does not, `rotate-role` itself will. Errors: `mirror-unauthorized`. */
  async function requireRotation({ mount, role }: StaticRole, call: CallOptions): Promise<void> {
    const path = `${mount}/rotate-role/${role}`;
    const answer = await send({ verb: "write", path: "sys/capabilities-self", body: { paths: [path] } }, call);
    const may = memberAt(answer.body, "data", path) ?? memberAt(answer.body, path);
    if (Array.isArray(may) && !may.includes("update") && !may.includes("root")) throw rightMissing("write", path, 403);
  }

  const same = (one: Credential, other: Credential): boolean =>
    one.username === other.username && one.password.equals(other.password);

  return {
    capabilities: { hashesPasswordOnClient: false },
    names: [],
    defaultPort: 0,
    defaultDatabase: "",
    maxUsernameBytes: 1_024,
    plannedStatements: {
      issue: ["GET …/static-creds/…", "POST …/rotate-role/…", "GET …/static-creds/…"],
    },
    async login(target, credential, call) {
      const held = await read(staticRoleOf(target, grants), call);
      if (!same(held, credential)) return { ok: false, refusal: "bad-credential" };
      const session: DatabaseSession & Rehearsal = {
        async rehearse(change, options) {
          if (change.method === "issue") await requireRotation(staticRoleOf(target, grants), options);
        },
        async [Symbol.asyncDispose]() {},
      };
      return { ok: true, session };
    },
    /** Another credential than the current one in Vault was made by a run that was cut, or on Vault's own schedule: it is adopted. */
    async issue(target, current, call) {
      const staticRole = staticRoleOf(target, grants);
      const held = await read(staticRole, call);
      if (!same(held, current)) return held;
      const path = `${staticRole.mount}/rotate-role/${staticRole.role}`;
      requireSuccess(await send({ verb: "write", path, body: {} }, call), "write", path);
      return read(staticRole, call);
    },
    /** The database has one password for the role's user; Vault's rotation has ended the one before. */
    async revokeOthers() {},
  };
}
