import { memberAt } from "../../answers/member-at.ts";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { CredentialIssuer } from "../../ports/credential-issuer.ts";
import type {
  Credential,
  DatabaseEngine,
  DatabaseSession,
  DatabaseTarget,
  Inspection,
  Rehearsal,
} from "../../ports/database-engine.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import type { IsGranted } from "../connecting/granted-origins.ts";
import { isSegment, requireListed } from "../connecting/key-ids.ts";
import { explainPlainLogin } from "../connecting/tls-alerts.ts";
import { ask as askApi, keyApiOf, type KeyOperation, refusedBy } from "./key-api.ts";

const isText = (value: unknown): value is string => typeof value === "string" && value !== "" && value.length <= 4_096;

/** An account has two keys, and the ones that cut runs left behind; each costs a request. */
const mostKeys = 100;

const unexpected = (operation: string): RekeyError =>
  new RekeyError("server-misbehaved", {
    context: { operation, problem: "answer of another form" },
    hint: "see the contract of the API in docs/reference/http-api-key.md",
  });

const isId = (value: unknown): value is string => isText(value) && isSegment(value);

/**
 * An HTTP API whose account has two keys and issues them itself, by the contract in `docs/reference/http-api-key.md`. A
 * user name is a key's id, a password the key.
 *
 * It reaches public addresses by https, and the origins that the function's configuration grants: a secret names a host, and
 * whoever writes the secret must not reach into the function's network with it.
 *
 * Errors: `credential-refused`, `database-busy`, `database-failed`, `database-timeout`, `database-unreachable`,
 * `connection-lost`, `option-invalid`, `secret-malformed`, `server-misbehaved`, `tls-refused`, `time-budget-spent`.
 */
export function httpApiKeyEngine(isGranted: IsGranted): DatabaseEngine & CredentialIssuer {
  const ask = async (
    target: DatabaseTarget,
    as: Credential,
    request: Parameters<typeof askApi>[2],
    call: CallOptions,
  ): ReturnType<typeof askApi> => askApi({ target, isGranted }, as, request, call);

  /** The first request of a step, so what it fails by may be the connection's kind. */
  async function get(
    target: DatabaseTarget,
    as: Credential,
    { path, operation }: { readonly path: string; readonly operation: KeyOperation },
    call: CallOptions,
  ): ReturnType<typeof askApi> {
    try {
      const answer = await ask(target, as, { method: "GET", path }, call);
      if (answer.status === 400) throw refusedBy(answer, operation);
      return answer;
    } catch (error) {
      throw await explainPlainLogin(error, target, call);
    }
  }

  /** The ids of the account's keys. */
  async function listKeys(target: DatabaseTarget, as: Credential, call: CallOptions): Promise<readonly string[]> {
    const answer = await get(target, as, { path: keyApiOf(target).keysPath, operation: "list keys" }, call);
    if (answer.status !== 200) throw refusedBy(answer, "list keys");
    const keys = memberAt(answer.body, "keys");
    if (!Array.isArray(keys) || keys.length > mostKeys) throw unexpected("list keys");
    const ids = keys.map((key) => memberAt(key, "id"));
    if (!ids.every(isId)) throw unexpected("list keys");
    return ids;
  }

  /** The ids of the account's other keys. Errors: `secret-malformed`. */
  async function listOthers(target: DatabaseTarget, keep: Credential, call: CallOptions): Promise<readonly string[]> {
    const ids = await listKeys(target, keep, call);
    requireListed(ids, keep);
    return ids.filter((id) => id !== keep.username);
  }

  /** Every key but this one; one that is gone already is no error. */
  async function deleteOthers(target: DatabaseTarget, keep: Credential, call: CallOptions): Promise<void> {
    for (const id of await listOthers(target, keep, call)) {
      const path = `${keyApiOf(target).keysPath}/${encodeURIComponent(id)}`;
      const answer = await ask(target, keep, { method: "DELETE", path }, call);
      if (![200, 202, 204, 404, 410].includes(answer.status)) throw refusedBy(answer, "delete key");
    }
  }

  async function createKey(target: DatabaseTarget, as: Credential, call: CallOptions): Promise<Credential> {
    const answer = await ask(target, as, { method: "POST", path: keyApiOf(target).keysPath, json: {} }, call);
    if (answer.status !== 200 && answer.status !== 201) throw refusedBy(answer, "create key");
    const [id, key] = [memberAt(answer.body, "id"), memberAt(answer.body, "key")];
    if (!isId(id) || !isText(key) || id === as.username) throw unexpected("create key");
    return { username: id, password: new SecretValue(key) };
  }

  const sessionOf = (target: DatabaseTarget, credential: Credential): DatabaseSession & Inspection & Rehearsal => ({
    async inspect(_usernames, call) {
      const keys = await listKeys(target, credential, call);
      const user = {
        mayBeChanged: true,
        isOurAlternate: false,
        ...(keys.length > 1 ? { passwords: keys.length } : {}),
      };
      return {
        version: "HTTP API",
        isSupported: true,
        isReadOnly: false,
        users: new Map([[credential.username, user]]),
      };
    },
    async rehearse(change, call) {
      if (change.method === "issue") await listOthers(target, credential, call);
    },
    async [Symbol.asyncDispose]() {},
  });

  return {
    capabilities: { hashesPasswordOnClient: false },
    names: ["http-api-key"],
    defaultPort: 443,
    defaultDatabase: "",
    maxUsernameBytes: 4_096,
    plannedStatements: { issue: ["GET <keys>", "DELETE <keys>/… for each other key", "POST <keys>"] },
    async login(target, credential, call) {
      const answer = await get(target, credential, { path: keyApiOf(target).testPath, operation: "test key" }, call);
      if (answer.status === 401 || answer.status === 403) return { ok: false, refusal: "bad-credential" };
      if (answer.status < 200 || answer.status > 299) throw refusedBy(answer, "test key");
      return { ok: true, session: sessionOf(target, credential) };
    },
    /** A key that an earlier run made and did not store makes room for a new one, as does the one before the current. */
    async issue(target, current, call) {
      await deleteOthers(target, current, call);
      return createKey(target, current, call);
    },
    revokeOthers: deleteOthers,
  };
}
