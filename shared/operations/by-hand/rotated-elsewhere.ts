import { RekeyError } from "../../errors/rekey-error.ts";
import type { SecretDescription } from "../../ports/secret-store.ts";

/** Errors: `rotated-elsewhere` for a secret that an AWS service owns, or that a partner rotates. */
export function checkRotatedHere({ secretArn, managedBy }: SecretDescription): void {
  if (managedBy === undefined) return;
  throw new RekeyError("rotated-elsewhere", { context: { secret: secretArn, managedBy } });
}
