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
import type { IsGranted } from "../connecting/granted-origins.ts";
import { requireListed } from "../connecting/key-ids.ts";
import { apiClient } from "./api-client.ts";
import type { HttpApi } from "./description.ts";
import { type ApiGrants, apiOf, grantedApis } from "./granted-api.ts";
import { type Keys, keysOf, type ListedKey } from "./keys.ts";
import { newLabel, ownLabel } from "./label.ts";
import { unexpected } from "./refusal.ts";

export interface HttpApiOptions {
  /** By name, as `readDescriptions` returns them. */
  readonly apis: ReadonlyMap<string, HttpApi>;
  readonly grants: ApiGrants;
  readonly isGranted: IsGranted;
  /** Waits, and ends with the call. */
  readonly pause: (ms: number, call: CallOptions) => Promise<void>;
  /** Now, in milliseconds since 1970. */
  readonly nowMs?: () => number;
}

const betweenTriesMs = 1_000;

/** The account's other keys. That the API answers shows that `keep` works. Errors: `secret-malformed`. */
async function listOthers(keys: Keys, keep: Credential, call: CallOptions): Promise<readonly ListedKey[]> {
  const listed = await keys.list(call);
  requireListed(
    listed.map(({ id }) => id),
    keep,
  );
  return listed.filter(({ id }) => id !== keep.username);
}

/**
 * Keys of HTTP APIs that the function's configuration describes. A user name is a key's id, a password the key. Which API a secret
 * may use, and as which account, is granted by its name; the secret says nothing of either. A key is ended only if its label says
 * that rekey made it for this very secret, and only by the key that is kept, which so is seen to work.
 *
 * Errors: `option-invalid`, where no API is granted to the secret; `secret-malformed`, where its user name is no key's id; those
 * of `keysOf`.
 */
export function httpApiEngine(options: HttpApiOptions): DatabaseEngine & CredentialIssuer {
  const { isGranted, pause, nowMs = Date.now } = options;
  const granted = grantedApis(options.apis, options.grants);

  function keysAs(target: DatabaseTarget, credential: Credential): Keys & { readonly api: HttpApi } {
    const chosen = apiOf(target, granted);
    return { api: chosen.api, ...keysOf(chosen.api, apiClient(chosen, credential, { isGranted, target })) };
  }

  /** One that a cut run made and nothing stored has such a label, too. */
  async function revokeOwn(keys: Keys, target: DatabaseTarget, keep: Credential, call: CallOptions): Promise<void> {
    for (const { id, label } of await listOthers(keys, keep, call)) {
      if (label?.startsWith(ownLabel(target)) === true) await keys.revoke(id, call);
    }
  }

  /** Until a new key is known everywhere; what else keeps it from working is testSecret's to tell. */
  async function settle(target: DatabaseTarget, next: Credential, call: CallOptions): Promise<void> {
    const { api } = apiOf(target, granted);
    const endMs = nowMs() + api.settlesMs;
    while (nowMs() < endMs) {
      // A new client each time: the token is a part of what must come to work.
      const isOver = await keysAs(target, next)
        .work(call)
        .catch(() => true);
      if (isOver) return;
      await pause(betweenTriesMs, call);
    }
  }

  const sessionOf = (target: DatabaseTarget, credential: Credential): DatabaseSession & Inspection & Rehearsal => ({
    async inspect() {
      return { version: "HTTP API", isSupported: true, isReadOnly: false, users: new Map() };
    },
    async rehearse(change, call) {
      if (change.method === "issue") await listOthers(keysAs(target, credential), credential, call);
    },
    async [Symbol.asyncDispose]() {},
  });

  return {
    capabilities: { hashesPasswordOnClient: false },
    names: ["http-api"],
    defaultPort: 443,
    defaultDatabase: "",
    maxUsernameBytes: 1_024,
    plannedStatements: { issue: ["list", "revoke for each other key that rekey made for this secret", "create"] },
    async login(target, credential, call) {
      return (await keysAs(target, credential).work(call))
        ? { ok: true, session: sessionOf(target, credential) }
        : { ok: false, refusal: "bad-credential" };
    },
    async issue(target, current, call) {
      const keys = keysAs(target, current);
      await revokeOwn(keys, target, current, call);
      const next = await keys.create(newLabel(target), call);
      if (next.username === current.username) throw unexpected(keys.api.name, "create");
      await settle(target, next, call);
      return next;
    },
    revokeOthers: async (target, keep, call) => revokeOwn(keysAs(target, keep), target, keep, call),
  };
}
