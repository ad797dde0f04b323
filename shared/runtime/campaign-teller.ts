import { chatTargets } from "../chat/chat-targets.ts";
import { campaignNotice } from "../chat/notice.ts";
import { postNotices } from "../chat/post-notices.ts";
import type { CampaignPorts } from "../operations/campaign/campaign-options.ts";
import type { SecretStore } from "../ports/secret-store.ts";
import type { Environment } from "./environment.ts";
import { asRekeyError } from "./logger.ts";

const timeoutMs = 15_000;

/**
 * Tells the targets of `REKEY_CHAT_TARGETS` that want to hear of campaigns, with the operator's own right to their secrets: also after
 * Ctrl-C. None where there is no such target. Errors: `option-invalid`, at once.
 */
export function campaignTeller(
  environment: Environment,
  store: Pick<SecretStore, "read">,
): CampaignPorts["tellEnd"] | undefined {
  const targets = chatTargets(environment.text("REKEY_CHAT_TARGETS") ?? "[]");
  const hearing = targets.filter(({ about }) => about.includes("campaigns"));
  if (hearing.length === 0) return undefined;
  return async (end) => {
    const notices = [campaignNotice(end, Date.now())];
    const call = { signal: AbortSignal.timeout(timeoutMs) };
    const told = hearing.map(async (target) => {
      try {
        await postNotices(target, notices, { store, taken: () => undefined }, call);
        return [];
      } catch (error) {
        const { code, hint } = asRekeyError(error);
        return [{ target: target.kind, code, hint }];
      }
    });
    return (await Promise.all(told)).flat();
  };
}
