import { movableClock } from "../../local/clock.ts";
import { vaultCore } from "../../local/vault/core.ts";
import { type VaultReply, VaultRefusal } from "../../local/vault/exchange.ts";
import type { VaultSend } from "../../shared/vault/connect-vault.ts";
import type { VaultAnswer } from "../../shared/vault/vault-client.ts";

type Sent = Parameters<VaultSend>[0];

/** The local Vault without its HTTP front, with the time standing still: what is sent is answered at once. */
export function memoryVault(nowMs = 0) {
  const core = vaultCore("root", { ...movableClock(), now: () => nowMs });
  const sent: string[] = [];

  async function ask(operation: Sent["verb"] | "delete", path: string, body: object = {}): Promise<VaultAnswer> {
    const input: Readonly<Record<string, unknown>> = JSON.parse(JSON.stringify(body));
    let answer: VaultReply;
    try {
      answer = await core({ operation, path, query: new URLSearchParams(), input }, "root");
    } catch (error) {
      if (!(error instanceof VaultRefusal)) throw error;
      answer = { status: error.status, body: { errors: error.errors } };
    }
    return { status: answer.status === 204 ? 200 : answer.status, body: answer.body };
  }
  const send: VaultSend = async ({ verb, path, body }) => {
    sent.push(`${verb} ${path}`);
    return ask(verb, path, body);
  };

  return {
    send,
    /** The requests of `send` so far, such as `read secret/data/app`. */
    sent,
    /** What somebody else does there, past `send`. */
    ask,
  };
}
