import { RekeyError } from "../../errors/rekey-error.ts";
import type { DatabaseTarget } from "../../ports/database-engine.ts";

const mskHost = /\.(?:kafka|kafka-serverless)\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?\.?$/i;

/** MSK takes no password by Kafka's protocol. Errors: `engine-unsupported`. */
export function refuseMsk({ host, secretName = "" }: DatabaseTarget): void {
  if (!mskHost.test(host) && !secretName.startsWith("AmazonMSK_")) return;
  throw new RekeyError("engine-unsupported", {
    context: { problem: "Amazon MSK" },
    hint: 'MSK reads passwords itself from secrets named AmazonMSK_…: rotate the secret that the services read, with "engine": "msk" and the function rotate-msk, see docs/reference/kafka.md',
  });
}
