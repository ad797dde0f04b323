import type { SecretValue } from "../../../secrets/secret-value.ts";
import type { VaultAnswer, VaultClient, VaultRequest } from "../../../vault/vault-client.ts";
import { readRefusal } from "../../../vault/read-refusal.ts";
import type { VaultLogin } from "../../../vault/vault-login.ts";
import { vaultSession } from "../../../vault/vault-session.ts";
import type { SourceCall } from "../secret-source.ts";

export interface TrackedSession {
  send(request: VaultRequest, call: SourceCall): Promise<VaultAnswer>;
  /** The token that the request of this answer was sent with. */
  tokenOf(answer: VaultAnswer): SecretValue | undefined;
  /** Whether requests are sent with this token still. A lease ends with its token, however long it has itself. */
  isInUse(token: SecretValue | undefined): boolean;
}

/** A session that knows which token each request was sent with. */
export function trackedSession(client: VaultClient, login: VaultLogin): TrackedSession {
  const tokens = new WeakMap<VaultAnswer, SecretValue>();
  let newest: SecretValue | undefined;
  const send = vaultSession(
    async (request, call) => {
      const answer = await client(request, call);
      if (request.token !== undefined) {
        tokens.set(answer, request.token);
        newest = request.token;
      }
      return answer;
    },
    login,
    readRefusal,
  );
  return {
    send,
    tokenOf: (answer) => tokens.get(answer),
    isInUse: (token) => token === undefined || newest === undefined || token.equals(newest),
  };
}
