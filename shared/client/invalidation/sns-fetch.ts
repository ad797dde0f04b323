import { RekeyError } from "../../errors/rekey-error.ts";
import { type FetchText, unverified } from "./sns-signature.ts";

/** A certificate of SNS has 2 KB. */
const mostBytes = 65_536;

async function boundedText(answer: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of answer.body ?? []) {
    bytes += part.byteLength;
    // Leaving the loop ends the connection.
    if (bytes > mostBytes) throw unverified("an answer of SNS that is too long");
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

/**
 * Fetches a URL of SNS, without following it elsewhere. Errors: `event-unverified` where SNS knows no such URL or token,
 * `invalidation-unavailable`, those of `fetch`.
 */
export const fetchOverHttps =
  (timeoutMs: number): FetchText =>
  async (url) => {
    const answer = await fetch(url, { redirect: "error", signal: AbortSignal.timeout(timeoutMs) });
    if ([400, 403, 404].includes(answer.status)) throw unverified("a URL that SNS does not know");
    if (!answer.ok) throw new RekeyError("invalidation-unavailable", { context: { status: answer.status } });
    return boundedText(answer);
  };
