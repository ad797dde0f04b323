import { RekeyError } from "../../errors/rekey-error.ts";
import type { DatabaseTarget } from "../../ports/database-engine.ts";

const mskHost = /\.(?:kafka|kafka-serverless)\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?\.?$/i;

/**
 * MSK takes passwords from AWSCURRENT of its own secrets some time after that has moved, so no rotation can prove a password
 * before it is the current one. Errors: `engine-unsupported`.
 */
export function refuseMsk({ host, secretName = "" }: DatabaseTarget): void {
  if (!mskHost.test(host) && !secretName.startsWith("AmazonMSK_")) return;
  throw new RekeyError("engine-unsupported", {
    context: { problem: "Amazon MSK" },
    hint: "MSK reads the password itself from the current version of secrets named AmazonMSK_…, so nothing can be proven before the secret moves on: rotate it by hand with two users, see docs/reference/kafka.md",
  });
}
