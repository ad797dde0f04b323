import { RekeyError } from "../../errors/rekey-error.ts";
import type { SecretAdministration } from "../../ports/secret-administration.ts";
import type { SecretStore } from "../../ports/secret-store.ts";

/** The secrets that MSK reads passwords from, one for each user. */
export type MskSecrets = Pick<SecretStore, "read"> & Pick<SecretAdministration, "putLabelled">;

export interface MskEngineOptions {
  readonly secrets: MskSecrets;
  /** The ARNs of those that the function's owner granted to the secret of this name. */
  readonly secretsOf: (secretName: string) => readonly string[];
  /** Between two logins with a password that MSK has not taken yet. Default: 5 s. */
  readonly pollMs?: number;
  /** After which a password counts as never taken. Default: 15 min. */
  readonly takenWithinMs?: number;
}

const notAsked = async (): Promise<never> => {
  throw new RekeyError("engine-unsupported", {
    context: { problem: "the rotation function alone reads and writes MSK's secrets" },
  });
};

/** What operators' tools work with: they log in to the broker, and neither read nor write a secret of MSK's. */
export const loginsOnly: MskEngineOptions = {
  secrets: { read: notAsked, putLabelled: notAsked },
  secretsOf: () => [],
};
