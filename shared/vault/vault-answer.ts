import { memberAt } from "../answers/member-at.ts";
import { RekeyError } from "../errors/rekey-error.ts";
import type { VaultAnswer } from "./vault-client.ts";

/** Vault's own words. They may repeat what was sent, so they are only compared, never passed on. */
export const words = (answer: VaultAnswer): string => {
  const errors = memberAt(answer.body, "errors");
  return Array.isArray(errors) ? errors.filter((error) => typeof error === "string").join("\n") : "";
};

/** Vault tells a conflict from every other bad request by the text alone. */
export const isConflict = (answer: VaultAnswer): boolean =>
  answer.status === 400 && words(answer).includes("check-and-set parameter did not match the current version");

/** The token is good and its policies say no: a new login would change nothing, and may use up the secret id. */
export const isPolicyDenial = (answer: VaultAnswer): boolean =>
  answer.status === 403 && words(answer).trim() === "1 error occurred:\n\t* permission denied";

/** Vault 1.13 answers a wrong or used-up secret id with 500, which must not be taken for an outage. */
export const isRefusedLogin = (answer: VaultAnswer): boolean =>
  (answer.status >= 400 && answer.status < 500 && !isUnavailable(answer.status)) ||
  (answer.status === 500 && /invalid (secret|role)|missing (secret|role)/i.test(words(answer)));

/** Rate limit or standby (429), disaster recovery and performance standby (472, 473), index not reached (412), sealed (503). */
const isUnavailable = (status: number): boolean =>
  [412, 429, 472, 473].includes(status) || status >= 500 || (status >= 300 && status < 400);

export type VaultOperation = "login" | "renew" | "read" | "write";

/** What a refusal is taken for: `refused`, or for reads `readRefusal`. `isOver`: of a given token, whether its stated life has ended. */
export type Refusal = (answer: VaultAnswer, operation: VaultOperation, path?: string, isOver?: boolean) => RekeyError;

/** The error that a refusal stands for. A redirect is one too: it would take token and value to another host. */
export function refused(answer: VaultAnswer, operation: VaultOperation, path?: string): RekeyError {
  const { status } = answer;
  const context = { operation, path, status };
  if (operation === "login" && isRefusedLogin(answer)) return new RekeyError("mirror-unauthorized", { context });
  if (status === 401 || status === 403) return new RekeyError("mirror-unauthorized", { context });
  if (isUnavailable(status)) return new RekeyError("mirror-unavailable", { context });
  return new RekeyError("mirror-rejected", { context });
}
