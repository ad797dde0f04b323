import { RekeyError } from "../../errors/rekey-error.ts";
import type { SecretValue } from "../../secrets/secret-value.ts";
import { signatureProblem } from "../../webhook/signature.ts";
import { failureReason } from "../name-of-thrown.ts";
import { inTime } from "./in-time.ts";
import type { InvalidationSink } from "./invalidation-source.ts";
import { deliver, longestBody, signedPart } from "./notice-in-message.ts";

export interface SignedMessages {
  /** Hands over what a message says that is signed with one of the keys. Rejects as the sink does. */
  receive(message: string): Promise<void>;
  /** The newest message could not be verified, since the keys could not be read. */
  readonly areKeysMissing: boolean;
}

/** Messages that wait for the keys at the same time. */
const mostWaiting = 100;

/**
 * Refuses messages without a signature of a known key. While the keys cannot be read, messages are lost, which is a gap once
 * they can be; so is what comes while a hundred messages wait for them.
 */
export function signedMessages(options: {
  readonly name: string;
  readonly keys: readonly SecretValue[] | (() => Promise<readonly SecretValue[]>);
  readonly sink: Required<InvalidationSink>;
  readonly stopping: AbortSignal;
  readonly timeoutMs: number;
}): SignedMessages {
  const { name, keys, sink, stopping, timeoutMs } = options;
  let reading: Promise<readonly SecretValue[] | undefined> | undefined;
  let waiting = 0;
  let areKeysMissing = false;
  let isMissed = false;

  async function read(give: () => Promise<readonly SecretValue[]>): Promise<readonly SecretValue[] | undefined> {
    try {
      const known = await inTime(timeoutMs, stopping, give);
      areKeysMissing = false;
      if (isMissed) sink.gap();
      isMissed = false;
      return known;
    } catch (error) {
      areKeysMissing = true;
      isMissed = true;
      const context = { source: name, operation: "keys", reason: failureReason(error) };
      if (!stopping.aborted) {
        const hint = "the secret with the channel's keys cannot be read: check its name and the right to read it";
        sink.error(new RekeyError("invalidation-unavailable", { context, hint }));
      }
      return undefined;
    } finally {
      reading = undefined;
    }
  }

  function refuse(problem: string): void {
    sink.error(new RekeyError("event-unverified", { context: { source: name, problem } }));
  }

  return {
    async receive(message) {
      if (message.length > longestBody) return sink.ignored("too-large");
      const { text, signature } = signedPart(message);
      if (typeof signature !== "string") return refuse("no signature");
      if (waiting >= mostWaiting) {
        isMissed = true;
        return sink.ignored("too-many");
      }
      waiting++;
      const known = await (typeof keys === "function" ? (reading ??= read(keys)) : keys);
      waiting--;
      if (known === undefined) return;
      const problem = signatureProblem(text, signature, { keys: known });
      if (problem === undefined) await deliver(text, sink);
      else refuse(problem);
    },
    get areKeysMissing() {
      return areKeysMissing;
    },
  };
}
